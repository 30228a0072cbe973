#include "nist_problems.h"

#include <numbers>
#include <stdexcept>

#include <wald/engine/ops/ops.h>

namespace wald::testing {
namespace {

using Tensors = std::vector<Tensor>;

// Parameters count from 1 in NIST's formulas, and from 0 here.

Tensor three_exponentials(const Tensors& b, const Tensors& x) {
  return b[0] * exp(-b[1] * x[0]) + b[2] * exp(-b[3] * x[0]) + b[4] * exp(-b[5] * x[0]);
}

Tensor peak(const Tensor& x, const Tensor& height, const Tensor& centre, const Tensor& width) {
  return height * exp(-square((x - centre) / width));
}

Tensor two_peaks(const Tensors& b, const Tensors& x) {
  return b[0] * exp(-b[1] * x[0]) + peak(x[0], b[2], b[3], b[4]) + peak(x[0], b[5], b[6], b[7]);
}

Tensor saturation(const Tensors& b, const Tensors& x) { return -b[0] * expm1(-b[1] * x[0]); }

Tensor ratio_of_cubics(const Tensors& b, const Tensors& x) {
  const Tensor& u = x[0];
  return (b[0] + u * (b[1] + u * (b[2] + u * b[3]))) / (1 + u * (b[4] + u * (b[5] + u * b[6])));
}

Tensor wave(const Tensor& x, const Tensor& period, const Tensor& cosine, const Tensor& sine) {
  const Tensor angle = 2 * std::numbers::pi * x / period;
  return cosine * cos(angle) + sine * sin(angle);
}

struct Entry {
  const char* name;
  Mean mean;
};

const Entry entries[] = {
    {"Misra1a", saturation},
    {"Chwirut2",
     [](const Tensors& b, const Tensors& x) { return exp(-b[0] * x[0]) / (b[1] + b[2] * x[0]); }},
    {"Lanczos3", three_exponentials},
    {"Gauss1", two_peaks},
    {"DanWood", [](const Tensors& b, const Tensors& x) { return b[0] * pow(x[0], b[1]); }},
    {"Kirby2",
     [](const Tensors& b, const Tensors& x) {
       return (b[0] + x[0] * (b[1] + x[0] * b[2])) / (1 + x[0] * (b[3] + x[0] * b[4]));
     }},
    {"Hahn1", ratio_of_cubics},
    {"Nelson",
     [](const Tensors& b, const Tensors& x) { return b[0] - b[1] * x[0] * exp(-b[2] * x[1]); }},
    {"Lanczos1", three_exponentials},
    {"Gauss3", two_peaks},
    {"Misra1c",
     [](const Tensors& b, const Tensors& x) { return b[0] * (1 - rsqrt(1 + 2 * b[1] * x[0])); }},
    {"Misra1d",
     [](const Tensors& b, const Tensors& x) { return b[0] * b[1] * x[0] / (1 + b[1] * x[0]); }},
    {"ENSO",
     [](const Tensors& b, const Tensors& x) {
       return b[0] + wave(x[0], tensor(12), b[1], b[2]) + wave(x[0], b[3], b[4], b[5]) +
              wave(x[0], b[6], b[7], b[8]);
     }},
    {"MGH09",
     [](const Tensors& b, const Tensors& x) {
       return b[0] * (square(x[0]) + x[0] * b[1]) / (square(x[0]) + x[0] * b[2] + b[3]);
     }},
    {"Thurber", ratio_of_cubics},
    {"BoxBOD", saturation},
    {"Eckerle4",
     [](const Tensors& b, const Tensors& x) {
       return b[0] / b[1] * exp(-square((x[0] - b[2]) / b[1]) / 2);
     }},
    {"Rat43", [](const Tensors& b,
                 const Tensors& x) { return b[0] * pow(1 + exp(b[1] - b[2] * x[0]), -1 / b[3]); }},
    {"Bennett5",
     [](const Tensors& b, const Tensors& x) { return b[0] * pow(b[1] + x[0], -1 / b[2]); }},
};

}  // namespace

Tensor NistProblem::residuals(const Tensor& b) const {
  Tensors parts;
  for (std::int64_t i = 0; i < b.numel(); ++i) parts.push_back(select(b, 0, i));
  return mean(parts, x) - response;
}

std::vector<std::string> nist_names() {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.emplace_back(entry.name);
  return names;
}

NistProblem nist_problem(const std::string& name) {
  NistProblem problem;
  problem.name = name;
  for (const Entry& entry : entries)
    if (name == entry.name) problem.mean = entry.mean;
  const nlohmann::json& index = nist_entry(name);
  const auto columns = nist_columns(name);
  problem.response = from_vector(columns[0]);
  if (index.at("response") == "log(y)") problem.response = log(problem.response);
  for (std::size_t i = 1; i < columns.size(); ++i) problem.x.push_back(from_vector(columns[i]));
  problem.starts[0] = nist_numbers(index.at("start1"));
  problem.starts[1] = nist_numbers(index.at("start2"));
  const nlohmann::json &certified = index.at("hp"), &rounded = index.at("hp_binary64data");
  problem.params = nist_numbers(certified.at("params"));
  problem.sd = nist_numbers(certified.at("sd"));
  problem.se_observed = nist_numbers(certified.at("se_ml_observed"));
  problem.sd_digits = log_relative_error(nist_numbers(rounded.at("sd")), problem.sd);
  problem.se_digits =
      log_relative_error(nist_numbers(rounded.at("se_ml_observed")), problem.se_observed);
  problem.rss = std::stod(certified.at("rss").get<std::string>());
  return problem;
}

}  // namespace wald::testing
