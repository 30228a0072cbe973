// Limited-memory quasi-Newton: Liu and Nocedal (1989), Math. Programming 45, 503-528. A step costs
// a few passes over the pairs that are kept.
#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/limited_memory.h>
#include <wald/optim/methods/line_descent.h>

namespace wald::optim {
namespace {

class LimitedMemoryBfgs final : public LineDescent {
 public:
  explicit LimitedMemoryBfgs(int memory) : memory_(memory) {}

  void reset() override {
    LineDescent::reset();
    memory_.clear();
  }
  NamedTensors state() const override {
    NamedTensors state = LineDescent::state();
    memory_.save(state);
    return state;
  }
  void load(const NamedTensors& state) override {
    LineDescent::load(state);
    memory_.load(state);
  }

 protected:
  bool has_model() const override { return !memory_.is_empty(); }
  Tensor direction(const Point& here) override { return -memory_.inverse_times(here.gradient); }
  void learn(const Point& here, const Point& there, const Tensor&) override {
    memory_.add(there.x - here.x, there.gradient - here.gradient);
  }

 private:
  LimitedMemory memory_;
};

}  // namespace

std::unique_ptr<Descent> make_lbfgs(const MinimizeOptions& options) {
  return std::make_unique<LimitedMemoryBfgs>(options.memory);
}

}  // namespace wald::optim
