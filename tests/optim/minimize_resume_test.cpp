// Checkpoints of minimize(): a run that was cut goes on as if it had not been.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include <wald/engine/io/npy.h>

#include <wald/optim/parameters.h>
#include "../temp_path.h"

#include "minimize_problems.h"

namespace wald::optim {
namespace {

using ::testing::HasSubstr;

const Tensor& start() {
  static const Tensor x0 = tensor({-1.2, 1, -0.5, 0.8, 2, -3});
  return x0;
}

/// A file that is gone afterwards.
struct Checkpoint {
  std::string path = testing::temp_path("checkpoint.npz");
  Checkpoint() { std::filesystem::remove(path); }
  ~Checkpoint() { std::filesystem::remove(path); }
};

MinimizeOptions saving(Method method, const std::string& path) {
  MinimizeOptions options = by(method);
  options.checkpoint = path;
  options.checkpoint_seconds = 0;
  options.keep_history = true;
  return options;
}

std::vector<double> bits(const Tensor& x) {
  return x.defined() ? x.to_vector() : std::vector<double>();
}

void expect_identical(const MinimizeResult& a, const MinimizeResult& b) {
  EXPECT_EQ(outcome_of(a), outcome_of(b));
  EXPECT_EQ(a.message, b.message);
  EXPECT_EQ(bits(a.x), bits(b.x));
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(bits(a.gradient), bits(b.gradient));
  EXPECT_EQ(bits(a.hessian), bits(b.hessian));
  EXPECT_EQ(bits(a.inverse_hessian), bits(b.inverse_hessian));
  EXPECT_EQ(a.iterations, b.iterations);
  EXPECT_EQ(a.evaluations.values, b.evaluations.values);
  EXPECT_EQ(a.evaluations.gradients, b.evaluations.gradients);
  ASSERT_EQ(a.history.size(), b.history.size());
  for (std::size_t i = 0; i < a.history.size(); ++i) {
    const Iteration &left = a.history[i], &right = b.history[i];
    EXPECT_EQ(left.iteration, right.iteration);
    EXPECT_EQ(left.point.value, right.point.value);
    EXPECT_EQ(bits(left.point.x), bits(right.point.x));
    EXPECT_EQ(left.evaluations.values, right.evaluations.values);
  }
}

class Resumed : public ::testing::TestWithParam<Method> {};
INSTANTIATE_TEST_SUITE_P(Minimize, Resumed, ::testing::ValuesIn(available_methods()), test_name);

TEST_P(Resumed, RunsAsIfItHadNotStopped) {
  const Checkpoint file;
  MinimizeOptions options = by(GetParam());
  options.keep_history = true;
  const MinimizeResult whole = minimize(rosenbrock, start(), options);
  for (std::int64_t stop : {1, 3, 7}) {
    SCOPED_TRACE(stop);
    std::filesystem::remove(file.path);
    options = saving(GetParam(), file.path);
    options.callback = [&](const Iteration& now) { return now.iteration == stop; };
    const MinimizeResult first = minimize(rosenbrock, start(), options);
    ASSERT_EQ(outcome_of(first), "failed, callback");
    EXPECT_EQ(first.iterations, stop);
    options.callback = {};
    expect_identical(resume(rosenbrock, file.path, options), whole);
  }
}

TEST_P(Resumed, AfterALimitInsideAnIteration) {
  const Checkpoint file;
  MinimizeOptions options = by(GetParam());
  options.keep_history = true;
  const MinimizeResult whole = minimize(rosenbrock, start(), options);
  options = saving(GetParam(), file.path);
  options.max_evaluations = 11;
  const MinimizeResult first = minimize(rosenbrock, start(), options);
  ASSERT_EQ(outcome_of(first), "failed, max_evaluations");
  // A method that uses values only owes the gradient of the last point.
  EXPECT_LE(first.evaluations.values, 11 + (GetParam() == Method::nelder_mead));
  expect_belongs_together(rosenbrock, first);
  options.max_evaluations = 0;
  expect_identical(resume(rosenbrock, file.path, options), whole);
}

TEST_P(Resumed, AfterTheEndGivesTheEndAgain) {
  const Checkpoint file;
  const MinimizeOptions options = saving(GetParam(), file.path);
  const MinimizeResult whole = minimize(rosenbrock, start(), options);
  expect_identical(resume(rosenbrock, file.path, options), whole);
}

TEST(Resume, KeepsShapeAndTypeOfTheParameters) {
  const Checkpoint file;
  MinimizeOptions options = saving(Method::trust_exact, file.path);
  const auto f = [](const Tensor& x) {
    EXPECT_EQ(x.dtype(), DType::float32);
    return rosenbrock(reshape(x, {4}));
  };
  const Tensor x0 = to(tensor({{-1.2, 1}, {-0.5, 0.8}}), DType::float32);
  options.max_iterations = 3;
  minimize(f, x0, options);
  options.max_iterations = 0;
  const MinimizeResult result = resume(f, file.path, options);
  EXPECT_EQ(result.status, Status::converged) << result.message;
  EXPECT_EQ(to_string(result.x.shape()), "[2, 2]");
  EXPECT_EQ(result.x.dtype(), DType::float32);
}

TEST(Resume, RefusesWhatIsNoCheckpoint) {
  const Checkpoint file;
  const MinimizeOptions options = saving(Method::trust_exact, file.path);
  EXPECT_THROW(resume(rosenbrock, file.path, options), InputError) << "no file";
  std::ofstream(file.path) << "not an archive";
  EXPECT_THROW(resume(rosenbrock, file.path, options), InputError);
  save_npz(file.path, {{"x", start()}});
  EXPECT_THROW(resume(rosenbrock, file.path, options), InputError);
  minimize(rosenbrock, start(), options);
  EXPECT_THROW(resume(rosenbrock, file.path, saving(Method::newton_exact, file.path)), InputError);

  EXPECT_THROW(resume([](const Tensor& x) { return sum(square(x)); }, file.path, options),
               InputError)
      << "another function";

  // Each array in turn left out, or under another name.
  const NamedTensors whole = load_npz(file.path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const std::string& name = whole[i].first;
    SCOPED_TRACE(name);
    NamedTensors damaged = whole;
    damaged[i].first += "'";
    save_npz(file.path, damaged);
    EXPECT_THROW(resume(rosenbrock, file.path, options), InputError);
    damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(i));
    save_npz(file.path, damaged);
    EXPECT_THROW(resume(rosenbrock, file.path, options), InputError);
  }
  std::filesystem::resize_file(file.path, std::filesystem::file_size(file.path) / 2);
  EXPECT_THROW(resume(rosenbrock, file.path, options), InputError);
}

TEST(Resume, GoesOnOverNamedParameters) {
  const Checkpoint file;
  Parameters parameters;
  parameters.add("mean", tensor(0)).add("scale", tensor(1), positive());
  const auto f = [](const ParameterValues& p) {
    return 6 * log(p["scale"]) + 5 * square((p["mean"] - 3) / p["scale"]) + 2 / square(p["scale"]);
  };
  MinimizeOptions options = saving(Method::bfgs, file.path);
  const NamedResult whole = minimize(f, parameters, options);
  options.max_iterations = 3;
  minimize(f, parameters, options);
  options.max_iterations = 0;
  const NamedResult resumed = resume(f, parameters, file.path, options);
  expect_identical(resumed.result, whole.result);
  EXPECT_EQ(resumed.values["scale"].item(), whole.values["scale"].item());
  EXPECT_TRUE(resumed.covariance.defined());
}

#if defined(__SANITIZE_THREAD__)
constexpr bool is_under_tsan = true;
#elif defined(__has_feature)
constexpr bool is_under_tsan = __has_feature(thread_sanitizer);
#else
constexpr bool is_under_tsan = false;
#endif

/// In a process of its own: goes on from the checkpoint or begins, and writes where it ends.
pid_t start_child(const MinimizeOptions& options, const std::string& result_path) {
  const pid_t child = fork();
  if (child != 0) return child;
  const auto slow = [](const Tensor& x) {
    usleep(300);
    return rosenbrock(x);
  };
  const bool is_begun = std::filesystem::exists(options.checkpoint);
  const MinimizeResult result =
      is_begun ? resume(slow, options.checkpoint, options) : minimize(slow, start(), options);
  save_npz(result_path,
           {{"x", result.x},
            {"numbers",
             tensor({result.value, double(result.iterations), double(result.evaluations.values),
                     double(result.history.size()), double(result.status)})}});
  _exit(0);
}

TEST(Resume, SurvivesFiftyKillsAtAnyMoment) {
  if (is_under_tsan) GTEST_SKIP() << "a child of fork may not start threads under tsan";
  const Checkpoint file;
  const std::string result_path = testing::temp_path("result.npz");
  const MinimizeOptions options = saving(Method::trust_exact, file.path);
  const MinimizeResult whole = minimize(rosenbrock, start(), options);
  std::filesystem::remove(file.path);

  const auto expect_whole = [&] {
    const NamedTensors result = load_npz(result_path);
    EXPECT_EQ(result[0].second.to_vector(), whole.x.to_vector());
    EXPECT_EQ(result[1].second.to_vector(),
              std::vector<double>({whole.value, double(whole.iterations),
                                   double(whole.evaluations.values), double(whole.history.size()),
                                   double(whole.status)}));
    std::filesystem::remove(file.path);
  };
  std::mt19937 random(7);
  for (int kills = 0; kills <= 50;) {
    const pid_t child = start_child(options, result_path);
    ASSERT_GT(child, 0);
    usleep(std::uniform_int_distribution<useconds_t>(0, 20000)(random));
    // The last one may end.
    if (kills < 50) kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    kills += kills == 50 || WIFSIGNALED(status);
    if (WIFSIGNALED(status)) continue;
    ASSERT_EQ(WEXITSTATUS(status), 0);
    expect_whole();
  }
}

}  // namespace
}  // namespace wald::optim
