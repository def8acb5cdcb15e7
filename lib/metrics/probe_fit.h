/** A probe and the search for one fit of it; the header says how it goes. */
#ifndef BINET_METRICS_PROBE_FIT_H
#define BINET_METRICS_PROBE_FIT_H

#include "binet/probe.h"
#include "metrics/lbfgs.h"
#include "metrics/probe_curvature.h"
#include "metrics/probe_data.h"
#include "metrics/probe_line.h"

enum {
    BINET__PROBE_MEMORY = 20,      /**< pairs of L-BFGS */
    BINET__PROBE_LINE_ROWS = 2048, /**< rows for the length of a step */
    BINET__PROBE_CLASS_ROWS = 4096 /**< rows for the curvature of classes */
};

struct binet_probe {
    const binet_context *context;
    binet_probe_options given;
    binet__probe_data data;
    binet__probe_loss *loss;
    binet__probe_curvature *curvature;
    binet__probe_line *line;
    binet__lbfgs *search;
    int64_t size;      /* numbers of a point: W, then b */
    int64_t n_weights; /* those of W */
    double *point;     /* [size] of the last fit, for features less their mean */
    double *gradient;
    double *before;        /* [size] of the fit before that */
    double *intercepts;    /* [n_classes] room */
    double *factor;        /* [n_classes, n_classes] of the Hessian in b */
    double *spare;         /* likewise */
    float *probabilities;  /* [CLASS_ROWS, n_classes] */
    float *classes;        /* [n_classes, n_classes] */
    double c;              /* of the last fit; 0: none */
    double c_before;       /* of the one before; 0: none */
    int64_t n_passes_told; /* of data.n_passes */
};

/* The state of one fit. */
typedef struct binet__probe_fit {
    binet_probe *probe;
    double c;
    double scale; /* c times the sum of weights: the loss is this times its mean */
    int precise;
    double gap;      /* of the last point that was judged */
    double distance; /* likewise */
    double of_w;     /* norm of the gradient in W */
    double target;   /* of the gap, over the objective, where W's search ends */
    double best_gap;
    double value;
    int64_t n_stalled; /* steps since the best one */
    int64_t n_steps;
    int64_t next_refresh; /* step after which the curvature is taken anew */
    int64_t n_evaluations;
    int64_t n_precise;
    int converged;
} binet__probe_fit;

/** The first of the rows in memory, at most this many. They are in random order. */
binet__probe_rows binet__probe_sample(const binet_probe *probe, int64_t most);

/** The objective and its gradient at a point, in the precision of the fit, counted. BINET_CANCELLED where the caller's
 *  progress wants that. */
binet_status binet__probe_objective(binet__probe_fit *fit, const double *point, double *value, double *gradient,
                                    binet_error *error);

/** The certificate at the probe's point, its b made the best one for its W first; fills gap, distance, of_w, value and
 *  converged, and the probe's gradient in f64. */
binet_status binet__probe_certify(binet__probe_fit *fit, binet_error *error);

/** Move the probe's point to the optimum at fit->c, as near as the options ask or as can be had, and certify it. */
binet_status binet__probe_search(binet__probe_fit *fit, binet_error *error);

#endif
