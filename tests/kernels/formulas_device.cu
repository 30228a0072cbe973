// Compiled, not run: every formula as a kernel of a GPU thread, for each type that it has. A
// formula that the device cannot compile, or that leaves its operands' type, fails here. Inlined,
// the incomplete functions are compiled once for each place they are called from, which takes
// minutes.
#define WALD_DEVICE __device__ __noinline__
#include <wald/kernels/gpu/scalar_math.h>
#include <wald/kernels/incomplete_formulas.h>
#include <wald/kernels/special_formulas.h>

#include <type_traits>

#include <wald/kernels/formulas.h>

namespace {

template <class F, class Out, class... T>
__global__ void each(F formula, long n, Out* out, const T*... in) {
  const long i = blockIdx.x * static_cast<long>(blockDim.x) + threadIdx.x;
  static_assert(std::is_same_v<decltype(formula(in[i]...)), Out>, "leaves its operands' type");
  if (i < n) out[i] = formula(in[i]...);
}

struct Compile {
  template <class T, class Out, class F>
  void as(F formula) {
    const T* in = nullptr;
    Out* out = nullptr;
    if constexpr (std::is_invocable_v<F, T>)
      each<<<1, 32>>>(formula, 0L, out, in);
    else if constexpr (std::is_invocable_v<F, T, T>)
      each<<<1, 32>>>(formula, 0L, out, in, in);
    else
      each<<<1, 32>>>(formula, 0L, out, in, in, in);
  }

  template <class F>
  void real(const char*, F formula) {
    as<double, double>(formula);
    as<float, float>(formula);
  }
  template <class F>
  void in_double(const char*, F formula) {
    as<double, double>(formula);
  }
  template <class F>
  void any(const char* name, F formula) {
    real(name, formula);
    as<std::int64_t, std::int64_t>(formula);
  }
  template <class F>
  void compare(const char*, F formula) {
    as<double, bool>(formula);
    as<float, bool>(formula);
    as<std::int64_t, bool>(formula);
  }
  template <class F>
  void lanewise(const char*, F formula) {
    const double* in = nullptr;
    double* out = nullptr;
    if constexpr (std::is_invocable_v<F, double, double, double, double>)
      each<<<1, 32>>>(formula, 0L, out, in, in, in, in);
    else if constexpr (std::is_invocable_v<F, double, double, double>)
      each<<<1, 32>>>(formula, 0L, out, in, in, in);
    else if constexpr (std::is_invocable_v<F, double, double>)
      each<<<1, 32>>>(formula, 0L, out, in, in);
    else
      each<<<1, 32>>>(formula, 0L, out, in);
  }
  template <class F>
  void choose(const char*, F formula) {
    choose_as<double>(formula);
    choose_as<float>(formula);
    choose_as<std::int64_t>(formula);
  }
  template <class T, class F>
  void choose_as(F formula) {
    each<<<1, 32>>>(formula, 0L, static_cast<T*>(nullptr), static_cast<const bool*>(nullptr),
                    static_cast<const T*>(nullptr), static_cast<const T*>(nullptr));
  }
};

}  // namespace

void compile_every_formula() {
  Compile visit;
  wald::kernels::for_each_formula(visit);
  wald::kernels::for_each_special_formula(visit);
  wald::kernels::for_each_incomplete_formula(visit);
}
