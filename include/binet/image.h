/** Images: decode, resize, crop, normalise; and lists of image files. */
#ifndef BINET_IMAGE_H
#define BINET_IMAGE_H

#include "base.h"

BINET_BEGIN

/* ---- Decoding ---------------------------------------------------------------------------------------------------- */

/** Limits against hostile files, checked before any pixel is decoded. */
typedef struct binet_image_options {
    uint32_t struct_size;
    int32_t max_width;  /**< >= 1; 0: 32768 */
    int32_t max_height; /**< >= 1; 0: 32768 */
    int32_t reserved;   /**< 0 */
    int64_t max_pixels; /**< >= 1; 0: 89478485, Pillow's limit */
} binet_image_options;

/** A decoded picture: 8-bit RGB, rows from the top. Immutable. */
typedef struct binet_image binet_image;

/** Decode a picture in memory to 8-bit RGB, as Pillow's convert("RGB"): grey is repeated, a palette is looked up, alpha
 *  is dropped, 16 bits keep the upper 8. (There alone Pillow differs: of 16-bit grey it keeps what is below 256 and
 * makes the rest white.) An orientation in EXIF is not applied, as in torchvision's ImageFolder.
 *
 * JPEG, PNG, BMP, GIF (first frame), PSD, binary PGM and PPM (any maximum, scaled to 255) and TGA: JPEG through
 * libjpeg-turbo where the build has it, else through stb_image, which also reads BMP, GIF, PSD and TGA.
 *
 * @param[in]  bytes   `size` bytes of a file. Not NULL.
 * @param[in]  options NULL: the default limits.
 * @param[out] image   To be destroyed by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _OUT_OF_MEMORY, or _INVALID_DATA for what is not an image, is truncated or is
 *         over a limit.
 * Exactness: PNG, BMP and PNM exact; JPEG as the decoder rounds (libjpeg-turbo: the bytes of Pillow). Thread-safe.
 * Since 0.1.
 */
BINET_API binet_status binet_image_decode(const binet_context *context, const void *bytes, uint64_t size,
                                          const binet_image_options *options, binet_image **image, binet_error *error);

/** Decode a file; the message of an error names it. As binet_image_decode, and BINET_IO. Since 0.1. */
BINET_API binet_status binet_image_read(const binet_context *context, const char *path,
                                        const binet_image_options *options, binet_image **image, binet_error *error);

/** Destroy a picture. NULL is fine. Since 0.1. */
BINET_API void binet_image_destroy(binet_image *image);

/** The pixels: u8 [height, width, 3], contiguous; valid until the picture is destroyed. image is not NULL. Since 0.1.
 */
BINET_API binet_array binet_image_pixels(const binet_image *image);

/* ---- Transforming ------------------------------------------------------------------------------------------------ */

/** Resize filters, antialiased as Pillow's. */
enum { BINET_BILINEAR = 1, BINET_BICUBIC = 2 };

/** Resize a picture; bit for bit Pillow's Image.resize of an RGB image. The order of the two passes, which shows in the
 *  last bit, is that of Pillow 13: rows first where the height loses more than twice as many pixels as the width.
 *
 * @param[in]  pixels        u8 [height, width, 3], any strides. Not NULL.
 * @param[in]  width         Of the result in pixels, 1 .. 32768; height likewise.
 * @param[in]  interpolation BINET_BILINEAR or BINET_BICUBIC.
 * @param[out] image         To be destroyed by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _OUT_OF_MEMORY. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_image_resize(const binet_context *context, const binet_array *pixels, int32_t width,
                                          int32_t height, int32_t interpolation, binet_image **image,
                                          binet_error *error);

/** Which comes first. */
enum {
    BINET_RESIZE_FIRST = 0, /**< resize the whole picture, then crop the centre */
    BINET_CROP_FIRST = 1    /**< cut the window of that crop out of the picture, then resize it to crop x crop */
};

/** How a picture becomes the input of a model: resize the short side, crop the centre, (pixel / 255 - mean) / std.
 *  A plain value: start from a preset and change what differs.
 *
 * BINET_CROP_FIRST is how windows are moved over a picture (Vishniakov et al., ICML 2024). In a picture of short side a
 * and long side b pixels the window has int(crop a / resize) pixels each way and begins at
 * int((resize - crop) / 2 a / resize) along the short side, at int((b / a resize - crop) / 2 a / resize + shift) along
 * the long one, in double, from the left to the right, int towards zero. The long side is the width where that is more
 * than the height, else the height. Where the window leaves the picture it is black, as in Pillow's and torchvision's
 * crop. */
typedef struct binet_transform {
    uint32_t struct_size;
    int32_t resize;        /**< short side in pixels, the long side int(resize * long / short); 0: leave the size */
    int32_t crop;          /**< side of the centre square in pixels, torchvision's rounding, black where the picture is
                                smaller; 0: no crop */
    int32_t interpolation; /**< BINET_BILINEAR or BINET_BICUBIC */
    float mean[3];         /**< of red, green, blue, as parts of 1 */
    float std[3];          /**< > 0 */
    int32_t order;         /**< BINET_RESIZE_FIRST, or BINET_CROP_FIRST, which needs resize and crop >= 1 */
    int32_t shift;         /**< pixels of the picture, before any resize, by which the window moves along the long side:
                                > 0 right or down, < 0 left or up; -32768 .. 32768; BINET_CROP_FIRST only, else 0 */
} binet_transform;

/** Ready transforms. */
enum {
    BINET_TRANSFORM_IMAGENET = 1, /**< 256, 224, bilinear, mean .485 .456 .406, std .229 .224 .225 */
    BINET_TRANSFORM_CLIP = 2      /**< 224, 224, bicubic, mean .48145466 .4578275 .40821073, std .26862954 .26130258
                                       .27577711 (Radford et al., 2021) */
};

/** Fill a transform from a preset.
 *
 * @param[in]  preset    A BINET_TRANSFORM_*.
 * @param[out] transform struct_size set by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_transform_preset(int32_t preset, binet_transform *transform, binet_error *error);

/** What a sweep changes. */
enum {
    BINET_SWEEP_SCALE = 1,     /**< the factor by which the picture is larger: 1, 1.25, 1.5, 2, 3 in the study */
    BINET_SWEEP_SHIFT = 2,     /**< pixels by which the window moves: 0, 5, 30, 75, 100 */
    BINET_SWEEP_RESOLUTION = 3 /**< pixels each way that the model is given: 112, 224, 336, 512, 640 */
};

/** The transform of one setting of a sweep (Vishniakov et al., ICML 2024), for binet_evaluate_sweep: a copy of a
 *  transform in which
 *   - scale: resize is int(value resize);
 *   - shift: order is BINET_CROP_FIRST and shift is value;
 *   - resolution: resize is int(value resize / crop) and crop is value.
 *
 * A shift of 0 crops first too, so that it is not quite the transform that it was made from.
 *
 * @param[in]  base      With resize and crop >= 1; for a scale or a resolution BINET_RESIZE_FIRST. NULL:
 *                       BINET_TRANSFORM_IMAGENET.
 * @param[in]  sweep     A BINET_SWEEP_*.
 * @param[in]  value     A scale > 0, a whole shift -32768 .. 32768 or a whole resolution 1 .. 32768. What becomes of
 *                       resize is 1 .. 32768.
 * @param[out] transform struct_size set by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _UNSUPPORTED. Exactness: exact. Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_transform_sweep(const binet_transform *base, int32_t sweep, double value,
                                             binet_transform *transform, binet_error *error);

/** Height and width of what a transform makes of a picture. Since 0.1. */
BINET_API binet_status binet_transform_size(const binet_transform *transform, int32_t width, int32_t height,
                                            int32_t *out_width, int32_t *out_height, binet_error *error);

/** Apply a transform to a picture.
 *
 * @param[in]  pixels    u8 [height, width, 3], any strides. Not NULL.
 * @param[in]  transform NULL: BINET_TRANSFORM_IMAGENET.
 * @param[out] values    Room for 3 * height * width f32 of the size that binet_transform_size gives, filled as
 *                       [3, height, width]. Not NULL.
 * @param[in]  capacity  f32 that values has room for.
 * @return BINET_OK, _INVALID_ARGUMENT, _OUT_OF_MEMORY. Exactness: the pixels exact, the normalisation reproducible.
 * Thread-safe. Since 0.1.
 */
BINET_API binet_status binet_transform_apply(const binet_context *context, const binet_array *pixels,
                                             const binet_transform *transform, float *values, int64_t capacity,
                                             binet_error *error);

/* ---- Lists of files ---------------------------------------------------------------------------------------------- */

typedef struct binet_image_list_options {
    uint32_t struct_size;
    int32_t layout;                 /**< a BINET_LAYOUT_*; 0: BINET_LAYOUT_AUTOMATIC */
    const char *const *class_names; /**< folder names of a class map, such as WordNet ids; NULL: sorted folder names
                                         are classes 0, 1, ..., as torchvision's ImageFolder. Of class folders alone:
                                         elsewhere BINET_INVALID_ARGUMENT */
    const int64_t *class_indices;   /**< class of each name, >= 0; NULL: its position */
    int64_t n_class_names;          /**< entries of class_names */
} binet_image_list_options;

/** What a path is. */
enum {
    BINET_LAYOUT_AUTOMATIC = 0,     /**< a file: CSV; a folder with folders in it: class folders; else flat */
    BINET_LAYOUT_CLASS_FOLDERS = 1, /**< a folder per class, searched to any depth */
    BINET_LAYOUT_FLAT = 2,          /**< image files in one folder, without labels */
    BINET_LAYOUT_CSV = 3            /**< a header with `path` and, optionally, `label`; paths relative to the CSV */
};

/** Image files with names and labels, in a fixed order. Immutable. */
typedef struct binet_image_list binet_image_list;

/** List the image files (.jpg .jpeg .png .bmp .gif .psd .pgm .ppm .pnm .tga, any case) of a folder, sorted by bytes, or
 *  those that a CSV names, in its order. Hidden files and empty class folders are fine. Files that end in .tif, .tiff
 *  or .webp are listed too, although nothing here decodes them: no image is left out unseen.
 *
 * @param[in]  path    Folder or CSV file. Not NULL.
 * @param[in]  options NULL: automatic layout, sorted folder names are the classes.
 * @param[out] list    To be destroyed by the caller. Not NULL.
 * @return BINET_OK, _INVALID_ARGUMENT, _IO, _OUT_OF_MEMORY, or _INVALID_DATA for a folder without images, a class
 * folder that the class map lacks, or a CSV line that is wrong (element: the line, the header being 1). Thread-safe.
 * Since 0.1.
 */
BINET_API binet_status binet_image_list_open(const binet_context *context, const char *path,
                                             const binet_image_list_options *options, binet_image_list **list,
                                             binet_error *error);

/** Destroy a list. NULL is fine. Since 0.1. */
BINET_API void binet_image_list_destroy(binet_image_list *list);

/** Files in the list, which here and below is not NULL. Since 0.1. */
BINET_API int64_t binet_image_list_count(const binet_image_list *list);

/** Path to open; NULL where the index does not exist. Valid until the list is destroyed. Since 0.1. */
BINET_API const char *binet_image_list_path(const binet_image_list *list, int64_t index);

/** Name in results: the path relative to the folder or, in a CSV, as it is written there. Since 0.1. */
BINET_API const char *binet_image_list_name(const binet_image_list *list, int64_t index);

/** Label of a file; -1 where there is none. Since 0.1. */
BINET_API int64_t binet_image_list_label(const binet_image_list *list, int64_t index);

/** Classes that the list knows by name; 0 for a flat folder or a CSV. Since 0.1. */
BINET_API int64_t binet_image_list_class_count(const binet_image_list *list);

/** Folder name of a class; NULL where no folder of it was named. Since 0.1. */
BINET_API const char *binet_image_list_class_name(const binet_image_list *list, int64_t class_index);

BINET_END

#endif
