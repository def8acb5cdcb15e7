/** A probe and the search for one fit of it; the header says how it goes. */
#ifndef BINET_METRICS_PROBE_FIT_H
#define BINET_METRICS_PROBE_FIT_H

#include "binet/probe.h"
#include "metrics/lbfgs.h"
#include "metrics/probe_axes.h"
#include "metrics/probe_curvature.h"
#include "metrics/probe_data.h"
#include "metrics/probe_line.h"

enum {
    BINET__PROBE_MEMORY = 20,                            /**< pairs of L-BFGS */
    BINET__PROBE_LINE_ROWS = 2048,                       /**< rows for the length of a step */
    BINET__PROBE_CLASS_ROWS = BINET__PROBE_LEADING_ROWS, /**< rows for the curvature of classes */
    BINET__PROBE_LIFTS = 10,                             /**< tries to factor a matrix */
    BINET__PROBE_PART = 16384                            /**< numbers of a point in a task */
};

struct binet_probe {
    const binet_context *context;
    binet_probe_options given;
    binet__probe_data data;
    binet__probe_axes axes;
    binet__probe_loss *loss;
    binet__probe_leading *leading;
    binet__probe_curvature *curvature;
    binet__probe_line *line;
    binet__lbfgs *search;
    int64_t size;          /* numbers of a point: b[n_classes], then W[width, n_classes] */
    double *point;         /* [size] of the last fit, for features less their mean */
    double *before;        /* [size] of the fit before that */
    double *gradient;      /* [size] */
    double *intercepts;    /* [n_classes] room */
    double *squares;       /* [tasks] of parts of a point */
    double *factor;        /* [n_classes, n_classes] of the Hessian in b */
    double *spare;         /* likewise */
    float *probabilities;  /* [CLASS_ROWS, n_classes] */
    float *classes;        /* [n_classes, n_classes] */
    float *prior;          /* likewise */
    double c;              /* of the last fit; 0: none */
    double c_before;       /* of the one before; 0: none */
    int64_t n_passes_told; /* of data.n_passes */
};

/* The state of one fit. */
typedef struct binet__probe_fit {
    binet_probe *probe;
    double c;
    double scale;              /* c times the sum of weights: the loss is this times its mean */
    binet__probe_rows rows;    /* that are evaluated */
    binet__probe_rows sampled; /* in memory: its first ones are for the curvature and the length of a step */
    double factor;             /* of the loss of those rows: c, where they are all rows */
    int precise;
    int64_t n_axes;     /* of a search along the first axes; 0: by features */
    int64_t n_held_out; /* rows of the sample that a coarse search does without; 0: none */
    int n_worse;        /* steps since the best estimate by them */
    double best_estimate;
    double *best_point; /* [size], and as much room */
    double enough;      /* slope, over the objective, at which a coarse search ends; 0: this one is not */
    double gap;         /* of the last point that was judged */
    double distance;    /* likewise */
    double of_w;        /* norm of the gradient in W */
    double of_all;      /* norm of the gradient in W and b */
    double target;      /* of the gap, over the objective, where W's search ends */
    double best_gap;
    double value;
    double age;        /* the Hessian in b is of a point whose logits are this far apart; inf: it is to be taken */
    int64_t n_points;  /* of the last descent over all rows, the first among them; 0: no evaluation was left */
    int64_t n_stalled; /* steps since the best one */
    int64_t n_steps;
    int64_t next_refresh; /* step after which the curvature is taken anew */
    double n_products;    /* multiplications of evaluations since the leading axes were set */
    int64_t n_evaluations;
    int64_t n_precise;
    int64_t n_coarse;
    int64_t n_newton;
    int converged;
} binet__probe_fit;

/** The first rows of those that are sampled, at most so many. */
binet__probe_rows binet__probe_sample(const binet__probe_fit *fit, int64_t most);

/** All rows from now on, in this precision. */
void binet__probe_use_all(binet__probe_fit *fit, int precise);

/** Tell the caller's progress where the fit stands. BINET_CANCELLED where it wants that. */
binet_status binet__probe_tell(const binet__probe_fit *fit, binet_error *error);

/** The objective and its gradient at a point, counted and told. */
binet_status binet__probe_objective(binet__probe_fit *fit, const double *point, double *value, double *gradient,
                                    binet_error *error);

/** The objective as n rows of the sample have it; `room` is of a point. */
binet_status binet__probe_estimate(const binet__probe_fit *fit, int64_t n, const double *point, double *room,
                                   double *value, binet_error *error);

/** L-BFGS from the probe's point on, by the rows in use, or Newton's method in its place. */
binet_status binet__probe_descend(binet__probe_fit *fit, binet_error *error);

/** Evaluations of a search in f32 before Newton's method, where that is at hand: about what a step of it costs. */
int64_t binet__probe_before_newton(const binet_probe *probe);

/** From nothing: along the first axes, where turning the rows costs little beside some evaluations, and those more than
 * the steps between them; then by the rows in memory, where those are not all. */
binet_status binet__probe_climb(binet__probe_fit *fit, binet_error *error);

/** A step of iterative scaling in b (Darroch and Ratcliff, Ann. Math. Statist. 1972), out of the probe's gradient in
 * it, which is that of the objective: downwards from anywhere, and near the best b for classes whose probabilities are
 * small. */
void binet__probe_scale_intercepts(binet__probe_fit *fit);

/** Steps in b, W staying as it is, by the rows in use, after a descent, which leaves the gradient of its last point: by
 * scaling, then by Newton's method until what b adds to the gap is little; where the search goes on, which evaluates b
 * anyway, to a step so short that the Hessian holds behind it too. *moved is 1 where there were any. The Hessian in b
 * stays factored. Where f32 does not hold that Hessian, the rows in use are those in f64 from here on. */
binet_status binet__probe_fit_intercepts(binet__probe_fit *fit, int goes_on, int *moved, binet_error *error);

/** The certificate at the probe's point, with the Hessian in b that was factored last; fills gap, distance, of_w, value
 *  and converged, and the probe's gradient in f64. */
binet_status binet__probe_certify(binet__probe_fit *fit, binet_error *error);

/** The lower triangle of *matrix [n, n] becomes its Cholesky factor; a part of its trace is added to its diagonal, more
 * at each try, where rounding leaves it indefinite. *spare [n, n] is room, and may change places with it. 0: in vain.
 */
int binet__probe_factor(int64_t n, double trace, int most_lifts, double **matrix, double **spare);

/** 1 where Newton's method is at hand for this fit: its Hessian is small. */
int binet__probe_has_newton(const binet_probe *probe);

/** Newton's method in f64 from the probe's point on, until the gap in W is at most the fit's target, or no step goes
 * down; fills gap and value. */
binet_status binet__probe_newton(binet__probe_fit *fit, binet_error *error);

/** Move the probe's point to the optimum at fit->c, as near as the options ask or as can be had, and certify it. */
binet_status binet__probe_search(binet__probe_fit *fit, binet_error *error);

#endif
