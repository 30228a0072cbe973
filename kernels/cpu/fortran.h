// LAPACK as Fortran has it, with one name for both element types. Matrices are column by column: a
// row-major matrix is its transpose.
#pragma once

extern "C" {
#define WALD_LAPACK(p, T)                                                                        \
  void p##potrf_(const char* uplo, const int* n, T* a, const int* lda, int* info);               \
  void p##potrs_(const char* uplo, const int* n, const int* nrhs, const T* a, const int* lda,    \
                 T* b, const int* ldb, int* info);                                               \
  void p##trtrs_(const char* uplo, const char* trans, const char* diag, const int* n,            \
                 const int* nrhs, const T* a, const int* lda, T* b, const int* ldb, int* info);  \
  void p##getrf_(const int* m, const int* n, T* a, const int* lda, int* pivots, int* info);      \
  void p##geqrf_(const int* m, const int* n, T* a, const int* lda, T* tau, T* work,              \
                 const int* lwork, int* info);                                                   \
  void p##orgqr_(const int* m, const int* n, const int* k, T* a, const int* lda, const T* tau,   \
                 T* work, const int* lwork, int* info);                                          \
  void p##gelqf_(const int* m, const int* n, T* a, const int* lda, T* tau, T* work,              \
                 const int* lwork, int* info);                                                   \
  void p##orglq_(const int* m, const int* n, const int* k, T* a, const int* lda, const T* tau,   \
                 T* work, const int* lwork, int* info);                                          \
  void p##syev_(const char* jobz, const char* uplo, const int* n, T* a, const int* lda, T* w,    \
                T* work, const int* lwork, int* info);                                           \
  void p##syevd_(const char* jobz, const char* uplo, const int* n, T* a, const int* lda, T* w,   \
                 T* work, const int* lwork, int* iwork, const int* liwork, int* info);           \
  void p##gesvd_(const char* jobu, const char* jobvt, const int* m, const int* n, T* a,          \
                 const int* lda, T* s, T* u, const int* ldu, T* vt, const int* ldvt, T* work,    \
                 const int* lwork, int* info);                                                   \
  void p##gesdd_(const char* jobz, const int* m, const int* n, T* a, const int* lda, T* s, T* u, \
                 const int* ldu, T* vt, const int* ldvt, T* work, const int* lwork, int* iwork,  \
                 int* info);
WALD_LAPACK(d, double)
WALD_LAPACK(s, float)
#undef WALD_LAPACK
}

namespace wald::kernels::lapack {

/// The function of an element type: lapack::choose<T>(dpotrf_, spotrf_).
template <class T, class D, class S>
constexpr auto choose(D* d, S* s) {
  if constexpr (sizeof(T) == sizeof(double))
    return d;
  else
    return s;
}

}  // namespace wald::kernels::lapack
