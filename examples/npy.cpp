// NumPy's files: written, and used in place without reading them into memory.
#include <cstdio>
#include <filesystem>

#include <wald/wald.h>

int main() {
  const auto folder = std::filesystem::temp_directory_path();
  const std::string one = folder / "wald_example.npy", several = folder / "wald_example.npz";
  wald::save_npy(one, wald::arange(1'000'000.0));
  const wald::Tensor x = wald::load_npy(one, {.map = true});
  const double mean_of_x = mean(x).item();
  std::printf("%s: shape %s, mean %g\n", one.c_str(), to_string(x.shape()).c_str(), mean_of_x);

  wald::save_npz(several, {{"coefficients", wald::tensor({1, 2})}, {"counts", wald::arange(3)}});
  for (const auto& [name, array] : wald::load_npz(several))
    std::printf("%s: shape %s\n", name.c_str(), to_string(array.shape()).c_str());
  std::filesystem::remove(one);
  std::filesystem::remove(several);
  return mean_of_x == 499999.5 ? 0 : 1;
}
