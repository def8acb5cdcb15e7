/** What becomes of the images under each transform: tables and files of features. */
#ifndef BINET_EVALUATE_SETTINGS_H
#define BINET_EVALUATE_SETTINGS_H

#include "evaluate/batch.h"
#include "evaluate/features.h"

typedef struct binet__setting {
    binet_predictions_builder *builder;
    const char *features_path; /**< NULL: no features wanted */
    binet__features features;
    int64_t n_features; /**< 0: not known yet */
    int64_t n_appended; /**< rows given to the builder */
    binet_predictions *made;
} binet__setting;

/** One for each view of the loader, of which n_views and is_sweep are set. To be released, on failure too. */
binet_status binet__settings_create(binet__loader *loader, const binet_evaluate_options *options,
                                    binet__setting **settings, binet_error *error);

/** Open the files of features that are wanted. */
binet_status binet__settings_open(const binet__loader *loader, binet__setting *settings, binet_error *error);

/** Give the files their names and hand over the tables. */
binet_status binet__settings_finish(const binet__loader *loader, binet__setting *settings,
                                    binet_predictions **predictions, binet_error *error);

/** Release the settings and leave no unfinished file. NULL is fine. */
void binet__settings_release(const binet__loader *loader, binet__setting *settings);

/** The builder's failure, named by the parameters of binet_evaluate; `element` is an index in the list, or -1. */
binet_status binet__setting_pass_on(const binet_error *reason, int64_t element, const char *path, binet_error *error);

#endif
