#include "evaluate/settings.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

binet_status binet__setting_pass_on(const binet_error *reason, int64_t element, const char *path, binet_error *error)
{
    static const char *const names[][2] = {
        {"kind", "options"}, {"scores", "model"}, {"builder", "model"}, {"labels", "images"}};
    const char *argument = reason->argument;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        argument = strcmp(reason->argument, names[i][0]) == 0 ? names[i][1] : argument;
    }
    return path != NULL ? binet__fail(error, reason->status, argument, element, "'%s': %s", path, reason->message)
                        : binet__fail(error, reason->status, argument, element, "%s", reason->message);
}

binet_status binet__settings_create(binet__loader *loader, const binet_evaluate_options *options,
                                    binet__setting **settings, binet_error *error)
{
    const binet_context *context = loader->context;
    binet_error reason;
    binet__setting *made = binet__allocate_zero(context, loader->n_views, sizeof *made, error);
    *settings = made;
    if (made == NULL) {
        return BINET_OUT_OF_MEMORY;
    }
    for (int64_t view = 0; view < loader->n_views; view++) {
        const char *const *paths = options->features_paths;
        made[view].features_path = paths != NULL ? paths[view] : options->features_path;
        binet_status status = binet_predictions_builder_create(context, options->kind, options->predictions,
                                                               &made[view].builder, &reason);
        if (status != BINET_OK) {
            return binet__setting_pass_on(&reason, -1, NULL, error);
        }
    }
    return BINET_OK;
}

binet_status binet__settings_open(const binet__loader *loader, binet__setting *settings, binet_error *error)
{
    binet_status status = BINET_OK;
    for (int64_t view = 0; status == BINET_OK && view < loader->n_views; view++) {
        binet__setting *now = &settings[view];
        if (now->features_path != NULL) {
            status = binet__features_create(loader->context, now->features_path, &now->features, error);
        }
    }
    return status;
}

binet_status binet__settings_finish(const binet__loader *loader, binet__setting *settings,
                                    binet_predictions **predictions, binet_error *error)
{
    binet_error reason;
    binet_status status = BINET_OK;
    for (int64_t view = 0; view < loader->n_views; view++) {
        status = binet_predictions_builder_finish(settings[view].builder, &settings[view].made, &reason);
        if (status != BINET_OK) {
            (void)binet__setting_pass_on(&reason, -1, NULL, error);
            return binet__loader_name_view(loader, view, status, error);
        }
    }
    for (int64_t view = 0; status == BINET_OK && view < loader->n_views; view++) {
        binet__setting *now = &settings[view];
        status = now->features_path != NULL ? binet__features_commit(&now->features, error) : status;
    }
    for (int64_t view = 0; status == BINET_OK && view < loader->n_views; view++) {
        predictions[view] = settings[view].made;
        settings[view].made = NULL;
    }
    return status;
}

void binet__settings_release(const binet__loader *loader, binet__setting *settings)
{
    for (int64_t view = 0; settings != NULL && view < loader->n_views; view++) {
        binet__features_discard(&settings[view].features);
        binet_predictions_builder_destroy(settings[view].builder);
        binet_predictions_destroy(settings[view].made);
    }
    binet__release(loader->context, settings);
}
