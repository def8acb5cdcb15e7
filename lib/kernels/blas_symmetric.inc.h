/* Of symmetric matrices of NUMBER, by LAPACK: included once for each precision, with IN_PRECISION as its names. LAPACK
 * counts by columns: our lower triangle is its upper one. */
int IN_PRECISION(binet__cholesky)(int64_t n, NUMBER *a)
{
    blasint order = (blasint)n;
    blasint info = 0;
    LAPACK(potrf_)("U", &order, a, &order, &info);
    int definite = info == 0;
    for (int64_t i = 0; definite && i < n; i++) {
        definite = isfinite(a[i * (n + 1)]); /* a NaN is not below 0, which is what LAPACK asks */
    }
    return definite;
}

void IN_PRECISION(binet__cholesky_solve)(int64_t n, const NUMBER *l, int64_t m, NUMBER *b)
{
    blasint order = (blasint)n;
    blasint count = (blasint)m;
    blasint info = 0;
    LAPACK(potrs_)("U", &order, &count, l, &order, b, &order, &info);
}

binet_status IN_PRECISION(binet__eigen)(const binet_context *context, int64_t n, NUMBER *a, NUMBER *values,
                                        binet_error *error)
{
    if (n > BINET__MOST_EIGEN) {
        return binet__fail(error, BINET_UNSUPPORTED, "", -1, "eigenvectors of %lld dimensions; allowed: up to %d",
                           (long long)n, BINET__MOST_EIGEN);
    }
    blasint order = (blasint)n;
    blasint info = 0;
    blasint lwork = -1;
    blasint liwork = -1;
    NUMBER work_size = 0;
    blasint iwork_size = 0;
    /* First how much room it needs. */
    LAPACK(syevd_)("V", "U", &order, a, &order, values, &work_size, &lwork, &iwork_size, &liwork, &info);
    int64_t least = 1 + 6 * n + 2 * n * n; /* a float may have rounded the answer down */
    lwork = (blasint)((int64_t)work_size < least ? least : (int64_t)work_size);
    liwork = iwork_size;
    NUMBER *work = binet__allocate(context, lwork, sizeof *work, error);
    blasint *iwork = work == NULL ? NULL : binet__allocate(context, liwork, sizeof *iwork, error);
    binet_status status = BINET_OUT_OF_MEMORY;
    if (iwork != NULL) {
        LAPACK(syevd_)("V", "U", &order, a, &order, values, work, &lwork, iwork, &liwork, &info);
        status = no_convergence(info, "eigenvalues", error);
    }
    binet__release(context, iwork);
    binet__release(context, work);
    return status;
}

#undef NUMBER
#undef IN_PRECISION
#undef LAPACK
