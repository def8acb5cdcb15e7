/* A header is included before this line, alone; what is left is what makes a translation unit. */
typedef int header_stands_alone;
