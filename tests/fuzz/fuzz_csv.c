/* Any bytes as a file of predictions and of labels: read or refused, never a crash; and what was read is written and
 * reads back with the same bits. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "binet/calibration.h"
#include "binet/predictions.h"
#include "check.h"
#include "scores.h"

/* A claim that does not hold ends the program, so that the fuzzer keeps the input. */
static void claim(int holds, const char *what)
{
    if (!holds || check_result() != 0) {
        (void)fprintf(stderr, "not true: %s\n", what);
        abort();
    }
}

static void write_input(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    claim(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "the input is written");
}

static void use(binet_predictions *table, const char *path, const char *copy)
{
    binet_predictions *back = NULL;
    binet_predictions *labelled = NULL;
    binet_calibration_result result = {.struct_size = sizeof result};
    (void)binet_calibration(NULL, table, NULL, &result, NULL);
    claim(binet_predictions_write_csv(NULL, table, copy, NULL) == BINET_OK, "what was read is written");
    claim(binet_predictions_read_csv(NULL, copy, &back, NULL) == BINET_OK, "what was written is read");
    claim(scores_same(back, table), "the same bits come back");
    if (binet_predictions_join_labels(NULL, table, path, &labelled, NULL) == BINET_OK) {
        claim(binet_predictions_count(labelled) == binet_predictions_count(table), "a join keeps the rows");
        binet_predictions_destroy(labelled);
    }
    binet_predictions_destroy(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[256];
    char copy[256];
    const char *folder = getenv("TMPDIR");
    folder = folder != NULL ? folder : "/tmp";
    (void)snprintf(path, sizeof path, "%s/binet-fuzz-%ld.csv", folder, (long)getpid());
    (void)snprintf(copy, sizeof copy, "%s/binet-fuzz-%ld-copy.csv", folder, (long)getpid());
    write_input(path, bytes, size);
    binet_predictions *table = NULL;
    binet_error error;
    memset(&error, 0, sizeof error);
    binet_status status = binet_predictions_read_csv(NULL, path, &table, &error);
    claim((status == BINET_OK) == (table != NULL), "a table comes with success only");
    claim(status == error.status, "an error is filled on failure only");
    if (table != NULL) {
        use(table, path, copy);
        binet_predictions_destroy(table);
    }
    (void)unlink(path);
    (void)unlink(copy);
    return 0;
}
