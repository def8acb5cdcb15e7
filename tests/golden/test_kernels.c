/* The results of the row kernels, bit for bit, on every instruction set of this machine: kernels.csv holds what the
 * specification gives for fixed rows. With the argument `print` the table is printed from the scalar build.
 * test_kernels_against_numpy.py holds the numbers of the table against float64 NumPy. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/context.h"
#include "check.h"
#include "unit/kernels_rows.h"

enum { LONGEST = 3001, LINE = 512 };

static const int64_t lengths[] = {1, 2, 10, 17, 64, 101, 1000, 1025, LONGEST};
enum { N_LENGTHS = sizeof lengths / sizeof lengths[0] };

/* A row as made, near uniform, with many equals, with classes that cannot be, with a class that is certain. */
static const char *const contents[] = {"plain", "near", "coarse", "excluded", "certain"};
enum { PLAIN, NEAR, COARSE, EXCLUDED, CERTAIN, N_CONTENTS };

static const double inverse_temperatures[] = {1, 0.25, 3, 0x1p-10, 1e30, 1e-30};

typedef struct golden_case {
    int probabilities, wide, content, length;
} golden_case;

/* Logits as f64 have 24 more bits below those of f32. */
static void make_logits(uint32_t seed, int content, int64_t n, float *row, double *wide)
{
    rows_logits(seed, n, row);
    for (int64_t i = 0; i < n; i++) {
        double below = (double)rows_next(&seed) * 0x1p-43;
        row[i] = content == NEAR ? row[i] * 0x1p-12f : content == COARSE ? floorf(row[i]) : row[i];
        wide[i] = (double)row[i] + (content == COARSE ? 0 : below);
        if ((content == EXCLUDED && i % 3 == 1) || (content == CERTAIN && i == n / 2)) {
            row[i] = content == EXCLUDED ? -INFINITY : INFINITY;
            wide[i] = (double)row[i];
        }
    }
}

/* Integers over their sum. */
static void make_probabilities(uint32_t seed, int content, int64_t n, float *row, double *wide)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t value = rows_next(&seed) + 1;
        value = content == NEAR ? value % 16 + 4096 : content == COARSE ? value % 4 + 1 : value;
        wide[i] = (content == EXCLUDED && i % 3 == 1) || (content == CERTAIN && i != n / 2) ? 0 : (double)value;
        sum += wide[i];
    }
    for (int64_t i = 0; i < n; i++) {
        wide[i] /= sum;
        row[i] = (float)wide[i];
    }
}

static uint64_t bits(double value)
{
    uint64_t as_bits;
    memcpy(&as_bits, &value, sizeof as_bits);
    return as_bits;
}

static void print_case(const binet__kernels *kernels, const golden_case *wanted, char *line)
{
    static float row[LONGEST];
    static double wide[LONGEST];
    int64_t n = lengths[wanted->length];
    uint32_t seed = (uint32_t)(1000 * wanted->content + wanted->length);
    int64_t label = seed % 4 == 0 ? -1 : (int64_t)(seed * 7919u) % n;
    double inverse = wanted->probabilities ? 1 : inverse_temperatures[seed % 6];
    (wanted->probabilities ? make_probabilities : make_logits)(seed, wanted->content, n, row, wide);
    binet__row r = rows_run(kernels, wanted->probabilities, wanted->wide ? NULL : row, wide, n, label, inverse);
    CHECK_INT(r.state, BINET__ROW_OK);
    (void)snprintf(line, LINE,
                   "%s,%s,%s,%" PRIu32 ",%" PRId64 ",%" PRId64 ",%.17g,%" PRId64 ",%" PRId32 ",%016" PRIx64
                   ",%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64 ",%016" PRIx64 "\n",
                   wanted->probabilities ? "probabilities" : "logits", wanted->wide ? "f64" : "f32",
                   contents[wanted->content], seed, n, label, inverse, r.predicted, r.rank, bits(r.confidence),
                   bits(r.true_probability), bits(r.nll), bits(r.brier), bits(r.entropy));
}

static const char header[] = "scores,dtype,content,seed,n,label,inverse_temperature,predicted,rank,confidence,"
                             "true_probability,nll,brier,entropy\n";

enum { N_CASES = 4 * N_CONTENTS * N_LENGTHS };

static golden_case case_of(int i)
{
    golden_case wanted = {i / 2 / N_CONTENTS / N_LENGTHS, i / N_CONTENTS / N_LENGTHS % 2, i / N_LENGTHS % N_CONTENTS,
                          i % N_LENGTHS};
    return wanted;
}

/* The table of an instruction set; NULL where this machine lacks it. */
static const binet__kernels *kernels_of(int32_t isa)
{
    binet_context context = binet__context_copy(NULL);
    binet_context_options options = {.struct_size = sizeof options, .isa = isa};
    binet_context *made = NULL;
    const binet__kernels *kernels = NULL;
    if (binet_context_create(&options, &made, NULL) == BINET_OK) {
        context.isa = isa;
        CHECK_INT(binet__kernels_of(&context, &kernels, NULL), BINET_OK);
        binet_context_destroy(made);
    }
    return kernels;
}

static void every_instruction_set_gives_the_table(void)
{
    FILE *file = fopen(BINET_GOLDEN_TABLE, "r");
    char expected[LINE];
    char line[LINE];
    CHECK(file != NULL && fgets(expected, LINE, file) != NULL && strcmp(expected, header) == 0);
    for (int i = 0; file != NULL && i < N_CASES; i++) {
        golden_case wanted = case_of(i);
        CHECK(fgets(expected, LINE, file) != NULL);
        for (int32_t isa = BINET_ISA_SCALAR; isa <= BINET_ISA_NEON; isa++) {
            const binet__kernels *kernels = kernels_of(isa);
            if (kernels != NULL) {
                print_case(kernels, &wanted, line);
                CHECK_TEXT(line, expected);
            }
        }
    }
    CHECK(file != NULL && fgets(expected, LINE, file) == NULL);
    if (file != NULL) {
        (void)fclose(file);
    }
}

int main(int n_arguments, char **arguments)
{
    if (n_arguments > 1 && strcmp(arguments[1], "print") == 0) {
        char line[LINE];
        (void)fputs(header, stdout);
        for (int i = 0; i < N_CASES; i++) {
            golden_case wanted = case_of(i);
            print_case(kernels_of(BINET_ISA_SCALAR), &wanted, line);
            (void)fputs(line, stdout);
        }
        return check_result();
    }
    RUN(every_instruction_set_gives_the_table);
    return check_result();
}
