#include "checkpoint.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include <wald/engine/ops/ops.h>

namespace wald::optim {
namespace {

constexpr std::string_view format_name = "wald minimize 1";
constexpr std::string_view state_prefix = "method/";
constexpr std::int64_t history_columns = 7;

Tensor from_text(std::string_view text) {
  return from_vector(std::vector<std::int64_t>(text.begin(), text.end()));
}

std::string to_text(const Tensor& codes) {
  std::string text;
  for (std::int64_t code : codes.to_vector<std::int64_t>()) text += static_cast<char>(code);
  return text;
}

/// Which arrays there are, so that none is lost or renamed unnoticed: files check contents only.
Tensor names_of(const NamedTensors& arrays) {
  std::string names;
  for (const auto& [name, value] : arrays)
    if (name != "names") names += name + "\n";
  return from_text(names);
}

Tensor counts_of(const Evaluations& e) {
  return from_vector(std::vector<std::int64_t>{e.values, e.gradients, e.hessians, e.products});
}

Evaluations to_evaluations(const Tensor& counts) {
  const auto e = counts.to_vector<std::int64_t>();
  return {e[0], e[1], e[2], e[3]};
}

void add_point(NamedTensors& arrays, const std::string& name, const Point& point) {
  arrays.push_back({name + "x", point.x});
  arrays.push_back({name + "value", tensor(point.value)});
  if (point.gradient.defined()) arrays.push_back({name + "gradient", point.gradient});
}

/// The history as a matrix of numbers, and the points and gradients one by one.
void add_history(NamedTensors& arrays, const std::vector<Iteration>& history) {
  std::vector<double> rows;
  for (const Iteration& i : history) {
    const Evaluations& e = i.evaluations;
    for (double v : {static_cast<double>(i.iteration), i.expected_decrease, i.seconds,
                     static_cast<double>(e.values), static_cast<double>(e.gradients),
                     static_cast<double>(e.hessians), static_cast<double>(e.products)})
      rows.push_back(v);
    add_point(arrays, fmt::format("history/{}/", arrays.size()), i.point);
  }
  arrays.push_back(
      {"history", from_vector(rows, {static_cast<std::int64_t>(history.size()), history_columns})});
}

/// The arrays of a file by name, in order where names repeat in kind.
class Reader {
 public:
  Reader(const std::string& path, NamedTensors arrays) : path_(path), arrays_(std::move(arrays)) {}

  const Tensor* find(std::string_view name) const {
    for (const auto& [key, value] : arrays_)
      if (key == name) return &value;
    return nullptr;
  }
  Tensor get(std::string_view name) const {
    if (const Tensor* found = find(name)) return *found;
    throw InputError(
        fmt::format("{}: not a checkpoint of minimize(): it has no '{}'", path_, name));
  }
  Tensor get(std::string_view name, const Dims& shape) const {
    const Tensor found = get(name);
    if (found.shape() != shape)
      throw InputError(fmt::format("{}: '{}' has shape {} where {} was expected", path_, name,
                                   to_string(found.shape()), to_string(shape)));
    return found;
  }
  Point point(const std::string& name, const Dims& shape) const {
    Point point{get(name + "x", shape), get(name + "value", {}).item(), {}};
    if (find(name + "gradient")) point.gradient = get(name + "gradient", shape);
    return point;
  }
  std::vector<Iteration> history(const Dims& shape) const;
  void check_names() const {
    if (to_text(get("names")) != to_text(names_of(arrays_)))
      throw InputError(
          fmt::format("{}: the checkpoint's arrays are not those it was made of", path_));
  }
  NamedTensors with_prefix(std::string_view prefix) const {
    NamedTensors found;
    for (const auto& [key, value] : arrays_)
      if (key.starts_with(prefix)) found.push_back({key.substr(prefix.size()), value});
    return found;
  }

 private:
  const std::string& path_;
  NamedTensors arrays_;
};

std::vector<Iteration> Reader::history(const Dims& shape) const {
  const Tensor table = get("history");
  if (table.dim() != 2 || table.size(1) != history_columns)
    throw InputError(fmt::format("{}: 'history' has shape {}", path_, to_string(table.shape())));
  const std::vector<double> rows = table.to_vector();
  std::vector<Iteration> iterations;
  std::vector<std::string> names;
  for (const auto& [key, value] : arrays_)
    if (key.starts_with("history/") && key.ends_with("/x"))
      names.push_back(key.substr(0, key.size() - 1));
  if (static_cast<std::int64_t>(names.size()) != table.size(0))
    throw InputError(fmt::format("{}: the history has {} points for {} iterations", path_,
                                 names.size(), table.size(0)));
  const auto whole = [](double v) { return static_cast<std::int64_t>(v); };
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double* r = &rows[i * history_columns];
    iterations.push_back({whole(r[0]),
                          point(names[i], shape),
                          r[1],
                          {whole(r[3]), whole(r[4]), whole(r[5]), whole(r[6])},
                          r[2]});
  }
  return iterations;
}

}  // namespace

void save_checkpoint(const std::string& path, const RunState& state) {
  NamedTensors arrays = {
      {"format", from_text(format_name)},
      {"method", from_text(name_of(state.method))},
      {"device", from_text(state.device)},
      {"x0", state.x0},
      {"reach", state.reach},
      {"counts", from_vector(std::vector<std::int64_t>{state.iterations, state.certify_from,
                                                       state.certify_gap, state.has_moved_little,
                                                       state.idle_moves})},
      {"evaluations", counts_of(state.evaluations)},
      {"numbers", tensor({state.seconds, state.first_value, state.first_decrease,
                          state.last_decrease, state.outward_growth, state.long_run_decrement})}};
  if (state.before.defined()) arrays.push_back({"before", state.before});
  if (state.scale.defined()) arrays.push_back({"scale", state.scale});
  add_point(arrays, "here/", state.here);
  for (const auto& [name, value] : state.descent)
    arrays.push_back({std::string(state_prefix) + name, value});
  add_history(arrays, state.history);
  arrays.push_back({"names", names_of(arrays)});
  save_npz(path, arrays);
}

RunState load_checkpoint(const std::string& path) {
  const Reader file(path, load_npz(path));
  const std::string format = to_text(file.get("format"));
  if (format != format_name)
    throw InputError(fmt::format("{}: a checkpoint of the form '{}' where '{}' was expected", path,
                                 format, format_name));
  file.check_names();
  RunState state;
  state.method = method_named(to_text(file.get("method")));
  state.x0 = file.get("x0");
  if (const Tensor* device = file.find("device")) state.device = to_text(*device);
  const Dims vector = {state.x0.numel()};
  if (file.find("scale")) state.scale = file.get("scale", vector);
  state.here = file.point("here/", vector);
  if (file.find("before")) state.before = file.get("before", vector);
  state.reach = file.get("reach", vector);
  const auto counts = file.get("counts", {5}).to_vector<std::int64_t>();
  state.iterations = counts[0];
  state.certify_from = counts[1];
  state.certify_gap = counts[2];
  state.has_moved_little = counts[3] != 0;
  state.idle_moves = counts[4];
  state.evaluations = to_evaluations(file.get("evaluations", {4}));
  const std::vector<double> numbers = file.get("numbers", {6}).to_vector();
  state.seconds = numbers[0];
  state.first_value = numbers[1];
  state.first_decrease = numbers[2];
  state.last_decrease = numbers[3];
  state.outward_growth = numbers[4];
  state.long_run_decrement = numbers[5];
  state.descent = file.with_prefix(state_prefix);
  state.history = file.history(state.x0.shape());
  return state;
}

void move(RunState& state, const Device& users, const Device& methods) {
  const auto bring = [](Tensor& to_be_moved, const Device& device) {
    if (to_be_moved.defined()) to_be_moved = to(to_be_moved, device);
  };
  bring(state.x0, users);
  state.device = users.name();
  for (Tensor* vector :
       {&state.scale, &state.here.x, &state.here.gradient, &state.before, &state.reach})
    bring(*vector, methods);
  for (auto& [name, value] : state.descent) bring(value, methods);
  for (Iteration& past : state.history) {
    bring(past.point.x, users);
    bring(past.point.gradient, users);
  }
}

}  // namespace wald::optim
