// What optimizers and schedules keep between steps: numbers and tensors under names, which are
// checked, saved and loaded.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include <wald/engine/io/npy.h>
#include <wald/engine/tensor.h>

namespace wald::optim {

/// The values that a number may have; never nan.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool with_low = false, with_high = false;

  bool contains(double x) const {
    return (with_low ? x >= low : x > low) && (with_high ? x <= high : x < high);
  }
  Range below(double bound) const { return {low, bound, with_low, false}; }
  Range at_most(double bound) const { return {low, bound, with_low, true}; }
};
inline Range finite() { return {}; }
inline Range at_least(double bound) { return {.low = bound, .with_low = true}; }
inline Range above(double bound) { return {.low = bound}; }
inline Range any_number() { return {.with_low = true, .with_high = true}; }

/// A number of some object by its name, as files and messages know it. Booleans and enumerators,
/// which are of two values, count as 0 and 1.
class NumberField {
 public:
  template <class T>
  NumberField(std::string name, T& value, const Range& range)
      : name_(std::move(name)),
        range_(range),
        is_whole_(!std::is_floating_point_v<T>),
        get_([&value] { return static_cast<double>(value); }),
        set_([&value](double x) { value = static_cast<T>(x); }) {
    constexpr double exactly_counted = 0x1p53;
    if constexpr (std::is_integral_v<T>)
      range_ = range_.at_most(std::min(
          {range_.high, exactly_counted, static_cast<double>(std::numeric_limits<T>::max())}));
  }
  template <class T>
  requires(std::is_same_v<T, bool> || std::is_enum_v<T>) NumberField(std::string name, T& value)
      : NumberField(std::move(name), value, at_least(0).at_most(1)) {}

  const std::string& name() const { return name_; }
  double get() const { return get_(); }
  /// Throws InputError, naming the owner, the field and the value, if the field cannot have it.
  void set(double value, const std::string& owner) const;
  /// The same of the value that it has.
  void check(const std::string& owner) const { set(get(), owner); }

 private:
  std::string name_;
  Range range_;
  bool is_whole_;
  std::function<double()> get_;
  std::function<void(double)> set_;
};
using NumberFields = std::vector<NumberField>;

/// Takes a state apart by its names; each must be taken once.
class StateReader {
 public:
  StateReader(std::string owner, const NamedTensors& state);

  const std::string& owner() const { return owner_; }
  /// Throws InputError if there is none of that name.
  Tensor tensor(const std::string& name);
  /// The same, converted; throws InputError for another shape.
  Tensor tensor(const std::string& name, const Dims& shape, DType dtype);
  /// Undefined where an undefined one was written.
  Tensor optional_tensor(const std::string& name, const Dims& shape, DType dtype);
  void numbers(const std::string& prefix, const NumberFields& fields);
  /// Throws InputError if something was not taken.
  void finish() const;

 private:
  std::string owner_;
  std::map<std::string, Tensor> rest_;
};

/// Adds to a state what StateReader reads.
void write_numbers(NamedTensors& state, const std::string& prefix, const NumberFields& fields);
void write_optional(NamedTensors& state, const std::string& name, const Tensor& value);

/// What has a state that is saved and loaded.
class Stateful {
 public:
  virtual ~Stateful() = default;
  Stateful(const Stateful&) = delete;
  Stateful& operator=(const Stateful&) = delete;

  /// What it is in messages, and what the names of its state begin with: "SGD".
  const std::string& kind() const { return kind_; }

  /// Options and progress under their names. Later steps do not change it.
  NamedTensors state() const;
  /// Goes on as the one did that the state is of. Throws InputError, having changed nothing, for
  /// names that are missing or not expected, other shapes, and numbers out of range.
  void load(const NamedTensors& state);
  /// The same to and from a .npz file.
  void save(const std::string& path) const;
  void load(const std::string& path);

 protected:
  explicit Stateful(std::string kind) : kind_(std::move(kind)) {}
  virtual void write(NamedTensors& state) const = 0;
  virtual void read(StateReader& reader) = 0;

 private:
  std::string kind_;
};

}  // namespace wald::optim
