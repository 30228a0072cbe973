#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ostream>

#include "module.h"

namespace wald::nn {
namespace {

const char* type_name(DType dtype) {
  switch (dtype) {
    case DType::boolean:
      return "Bool";
    case DType::int64:
      return "Long";
    case DType::float32:
      return "Float";
    case DType::float64:
      break;
  }
  return "Double";
}

std::string plural(std::int64_t count) {
  return fmt::format("{} parameter{}", count, count == 1 ? "" : "s");
}

void add_tensors(std::string& out, const char* title, const NamedTensors& tensors) {
  if (tensors.empty()) return;
  out += fmt::format("\n── {} ──\n", title);
  for (const auto& [name, x] : tensors)
    out += fmt::format("• {}: {} [{}]\n", name, type_name(x.dtype()), fmt::join(x.shape(), ", "));
}

}  // namespace

std::string to_string(const Module& module) {
  std::string out =
      fmt::format("An `nn_module` containing {}.\n", plural(module.parameter_count()));
  if (const auto children = module.children(); !children.empty()) {
    out += "\n── Modules ──\n";
    for (const auto& [name, child] : children)
      out += fmt::format("• {}: <{}> #{}\n", name, child.kind(), plural(child.parameter_count()));
  }
  add_tensors(out, "Parameters", module.named_parameters(false));
  add_tensors(out, "Buffers", module.named_buffers(false));
  return out;
}

std::ostream& operator<<(std::ostream& out, const Module& module) {
  return out << to_string(module);
}

}  // namespace wald::nn
