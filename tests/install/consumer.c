/* A program that uses an installed libbinet: it scores two rows and prints what came. */
#include <stdio.h>
#include <string.h>

#include <binet/binet.h>

int main(void)
{
    static const float logits[2][2] = {{2, 0}, {0, 1}};
    static const int32_t labels[2] = {0, 0};
    const binet_array scores = {logits, BINET_F32, 2, {2, 2}, {sizeof logits[0], sizeof logits[0][0]}};
    const binet_array truth = {labels, BINET_I32, 1, {2}, {sizeof labels[0]}};
    binet_predictions *predictions = NULL;
    binet_accuracy_result accuracy = {.struct_size = sizeof accuracy};
    binet_error error = {0};

    if (strcmp(binet_version(), BINET_VERSION_STRING) != 0) {
        fprintf(stderr, "headers %s, library %s\n", BINET_VERSION_STRING, binet_version());
        return 1;
    }
    if (binet_predictions_from_scores(NULL, BINET_LOGITS, &scores, &truth, NULL, &predictions, &error) != BINET_OK ||
        binet_accuracy(NULL, predictions, NULL, &accuracy, &error) != BINET_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    binet_predictions_destroy(predictions);
    printf("accuracy %.1f\n", accuracy.value);
    return accuracy.value == 0.5 ? 0 : 1;
}
