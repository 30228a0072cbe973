// The incomplete gamma and beta functions where the reference tables have no columns: second shape
// derivatives, logarithms far out in the tails, the ends of the domain, a third derivative. The
// constants were computed with mpmath, at up to 900 digits.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <wald/engine/autograd.h>
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

namespace wald {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

using Function = Tensor (*)(const std::vector<Tensor>&);

Tensor lower_beta(const std::vector<Tensor>& x) { return betainc(x[0], x[1], x[2]); }
Tensor log_lower_beta(const std::vector<Tensor>& x) { return log_betainc(x[0], x[1], x[2]); }
Tensor lower_gamma(const std::vector<Tensor>& x) { return gammainc(x[0], x[1]); }
Tensor log_lower_gamma(const std::vector<Tensor>& x) { return log_gammainc(x[0], x[1]); }
Tensor log_upper_gamma(const std::vector<Tensor>& x) { return log_gammaincc(x[0], x[1]); }

/// The value, the first derivatives, the second ones by rows of the upper triangle.
std::vector<double> all_derivatives(Function f, const std::vector<double>& at) {
  std::vector<Tensor> x;
  for (double v : at) x.push_back(tensor(v).requires_grad_());
  const Tensor y = f(x);
  const std::vector<Tensor> first = grad({y}, x, {.create_graph = true});
  std::vector<double> out = {y.item()};
  for (const Tensor& g : first) out.push_back(g.item());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::vector<Tensor> second = grad({first[i]}, x, {.retain_graph = true});
    for (std::size_t j = i; j < x.size(); ++j) out.push_back(second[j].item());
  }
  return out;
}

struct Case {
  std::vector<double> at, wanted;
};

/// The last of the derivatives against `wanted`: values to 1e-13, first derivatives to 1e-12,
/// second ones to 1e-10.
void expect_derivatives(Function f, const Case& c) {
  std::vector<double> got = all_derivatives(f, c.at);
  const std::size_t skipped = got.size() - c.wanted.size();
  for (std::size_t i = 0; i < c.wanted.size(); ++i) {
    const std::size_t which = i + skipped;
    const double tolerance = which == 0 ? 1e-13 : which <= c.at.size() ? 1e-12 : 1e-10;
    if (got[which] == c.wanted[i]) continue;
    EXPECT_LE(std::fabs(got[which] - c.wanted[i]), tolerance * std::fabs(c.wanted[i]))
        << ::testing::PrintToString(c.at) << ", derivative " << which << ": " << got[which]
        << " for " << c.wanted[i];
  }
}

TEST(Betainc, HasSecondDerivativesByItsShapes) {
  const Case cases[] = {
      {{2.5, 1.5, 0.25},
       {8.7174257708670886128e-2, -5.8541682094880302073e-2, -4.5944074618482670793e-1,
        2.3037805542282653911e-2, 5.1380855037123052517e-1, 2.9404207755828909307}},
      {{50.0, 200.0, 0.21875},
       {-3.1876402596816136475e-3, 9.3932518963875776655e-4, 1.1066242918312483304,
        -2.7230230577745636003e-4, -2.6310987832548283433e-1, -3.4815701384116369664e+2}},
      {{0.3125, 0.75, 0.0625},
       {3.6845672430626388969, -1.3303773977309127924e-1, 1.9524413476962630296e-1,
        -2.5484567070358447561e-1, 1.0217097042989870878, -2.0215631644763005264e+1}},
      {{1000.0, 10.0, 0.9921875},
       {-1.0690837611909834016e-6, 1.7911317726438754609e-4, 2.6103699828466014353e-1,
        -2.6343780822668555244e-2, -2.3058645455658358907e+1, -1.793722244847039533e+4}},
      {{0.0009765625, 2.0, 0.375},
       {-2.631711716954637217e-1, 3.0836647401780632509e-1, 1.6667266901416580035,
        -3.2622254805316128885e-4, -7.6396902214104336247e-4, -6.9403325164839738475e-3}},
      {{10000.0, 10000.0, 0.4921875},
       {3.9085383894067001198e-6, -3.8357599593638926418e-6, -1.5441241530449310472e-1,
        3.7641099101327900143e-6, 1.5250556210197981967e-1, 6.1387449056447652158e+3}},
      {{8.0, 0.5, 0.9375},
       {4.0168901952654866683e-3, -3.7693129097524572435e-2, -3.5671581906099711178e-4,
        -1.9274259747769499777e-1, 5.0839026025346641414, 6.1864891449658898637e+1}},
      {{3.0, 0.125, 0.99609375},
       {9.6109147889600210593e-3, -1.0344916824866505195e-1, 8.4037001998139422889e-1,
        -9.8952637962539140354, 7.2379684469081147873e+1, 4.28869720458984375e+3}}};
  for (const Case& c : cases) expect_derivatives(lower_beta, c);
}

TEST(LogBetainc, IsFiniteWhereTheValueUnderflows) {
  const Case cases[] = {
      {{300.0, 500.0, 0.0625},
       {-3.3861988301948672057e+2, -1.7944623626872813485, 4.0608900879520103622e-1,
        4.2698507838258491324e+3, -2.0740995512048851762e-3, 1.2498547236242987528e-3,
        1.5992110579707785884e+1, -7.5115845683015911333e-4, -1.061901480680227953,
        -7.7358810186394601138e+4}},
      {{2.0, 3.0, 1e-200},
       {-9.1924227772839021864e+2, -4.5993368526547580349e+2, 5.8333333333333333333e-1,
        2.0000000000000000358e+200, -1.7361111111111111111e-1, 2.2132295573711532536e-1,
        1.0000000000000000179e+200, -1.7361111111111111111e-1, -6.6666666666666666667e-1, -inf}},
      {{40.0, 0.5, 0.5},
       {-2.9811096261241149636e+1, -7.052876565075093368e-1, 4.9828465079887317536,
        8.0953885293087553754e+1, 2.9521404319109537625e-4, 2.4441689295985485597e-2,
        2.001066291765704659, -4.9092952253326262622, -1.9087444367352597476,
        -1.5817460589246058238e+2}},
      {{20.0, 2000.0, 0.000244140625},
       {-5.7042800482344030271e+1, -3.7288145070404538615, 9.7205150628651130716e-3,
        8.0017798473911139399e+4, -4.8167133914848312949e-2, 4.9459542391872413055e-4,
        4.0912774926446122628e+3, -4.9528308842750992471e-6, -9.5053013556344305131e-1,
        -3.3553756451863318679e+8}},
      {{5.0, 7.0, 0.75},
       {-7.5899376600827580597e-3, -5.2895836407281934443e-3, 7.4731571854437288048e-3,
        1.7980151780502043199e-1, -2.6870757572676707591e-3, 4.6113482528543248173e-3,
        1.1761743666185132136e-1, -7.0749710725574966426e-3, -1.4813670368699402034e-1,
        -3.3886235848320371432}}};
  for (const Case& c : cases) expect_derivatives(log_lower_beta, c);
}

TEST(LogGammaincc, IsFiniteWhereTheValueUnderflows) {
  const Case cases[] = {
      {{2.0, 10000.0},
       {-9.990789559633023484e+3, 8.7876560368767158966, -9.9990000999900009999e-1,
        -6.4493405685022623643e-1, 9.9990000000299880045e-5, -9.9980002999600049994e-9}},
      {{0.5, 1000.0},
       {-1.004026741958951945e+3, 8.8722638092367695897, -1.0004995012453969358,
        -4.9348012055180906992, 9.9900298731708020997e-4, 4.9900373160955329768e-7}},
      {{10000.0, 13000.0},
       {-3.8067893931394405705e+2, 2.6274664208113039977e-1, -2.3110171790274668334e-1,
        -9.9894841219750957535e-5, 7.6812844919703942042e-5, -5.9061292512799448398e-5}},
      {{1e-10, 2.0},
       {-2.6043818368412467267e+1, 1.0000000001562073868e+10, -1.3837818999542181149,
        -9.9999999999999992715e+19, 4.0366493695054224375e-1, 1.6082050322123236521e-1}},
      {{30.0, 300.0},
       {-2.057460751617531127e+2, 2.3230180111454382162, -9.0368716004071238966e-1,
        -3.3881672801111001547e-2, 3.3198476634698094059e-3, -3.197486523379355906e-4}},
      {{1000.0, 1010.0},
       {-9.8799874514176252372e-1, 3.2084490437391598409e-2, -3.1920072389244714501e-2,
        -7.1013929788126054851e-4, 6.9056128000312051504e-4, -6.7124666858047242052e-4}}};
  for (const Case& c : cases) expect_derivatives(log_upper_gamma, c);
}

TEST(LogGammainc, IsFiniteWhereTheValueUnderflows) {
  const Case cases[] = {
      {{1000.0, 1.0},
       {-5.9131271789888282654e+3, -6.908256194646819053, 9.9900099999800200797e+2,
        -9.9949816967459832776e-4, 9.9999900000599196018e-1, -9.9999999900200397402e+2}},
      {{50.0, 0.0009765625},
       {-4.9505231464578509367e+2, -1.0853461854490677817e+1, 5.1199019608204159565e+4,
        -1.980131850251985271e-2, 1.0239996155186073612e+3, -5.242879999963030661e+7}},
      {{10000.0, 5000.0},
       {-1.9363029753315975818e+3, -6.9329709983041565645e-1, 1.0001998801517142965,
        -9.9965048067724424168e-5, 1.9996006386435855492e-4, -3.9996007981968868593e-4}},
      {{1000.0, 990.0},
       {-9.6884435029975063576e-1, -3.1770935623530108723e-2, 3.1925804637912740928e-2,
        -6.9005451645115801728e-4, 7.0941318767863779643e-4, -7.2902241416078212496e-4}}};
  for (const Case& c : cases) expect_derivatives(log_lower_gamma, c);
}

TEST(Gammainc, HasTheLimitsAtTheEndsOfItsDomain) {
  // Value; by a, by x; by a twice, by a and x, by x twice.
  expect_derivatives(lower_gamma, {{3.0, 0.0}, {0, 0, 0, 0, 0, 0}});
  expect_derivatives(lower_gamma, {{2.0, 0.0}, {0, 0, 0, 0, 0, 1}});
  expect_derivatives(lower_gamma, {{1.5, 0.0}, {0, 0, 0, 0, 0, inf}});
  expect_derivatives(lower_gamma, {{1.0, 0.0}, {0, 0, 1, 0, -inf, -1}});
  expect_derivatives(lower_gamma, {{0.5, 0.0}, {0, 0, inf, 0, -inf, -inf}});
  expect_derivatives(lower_gamma, {{0.5, inf}, {1, 0, 0, 0, 0, 0}});
  // At a = 0 the derivative by a is minus the exponential integral, here that of 1.
  EXPECT_NEAR(all_derivatives(lower_gamma, {0, 1})[1], -0.21938393439552027368, 1e-15);
  for (double a : {-1.0, std::nan("")})
    EXPECT_TRUE(std::isnan(gammainc(tensor(a), tensor(1.0)).item()));
  EXPECT_TRUE(std::isnan(gammainc(tensor(1.0), tensor(-1.0)).item()));
}

TEST(Betainc, HasTheLimitsAtTheEndsOfItsDomain) {
  expect_derivatives(lower_beta, {{3.0, 2.0, 0.0}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}});
  expect_derivatives(lower_beta, {{1.0, 3.0, 0.0}, {0, 0, 0, 3, 0, 0, -inf, 0, 1, -6}});
  expect_derivatives(lower_beta, {{3.0, 1.0, 1.0}, {1, 0, 0, 3, 0, 0, 1, 0, -inf, 6}});
  EXPECT_TRUE(std::isnan(betainc(tensor(1.0), tensor(1.0), tensor(1.5)).item()));
}

TEST(Betainc, GivesExactZerosInABranchNotTaken) {
  const std::vector<double> hostile = {0, 1, -1, 0.5, inf, NAN, 2, 5e-324, 1e308, 0.25};
  const Tensor x = from_vector(hostile, {10});
  const ScalarFunction f = [&](const Tensor& at) {
    Tensor total = tensor(0.0);
    const Tensor a = slice(at, 0, 0, 5), never = zeros({5}) > 1;
    for (int shift = 0; shift <= 5; ++shift) {
      const Tensor b = slice(at, 0, shift, shift + 5);
      for (const Tensor& y : {betainc(a, b, a), betainc(b, a, b), betaincc(a, a, b),
                              log_betainc(b, b, a), log_betaincc(a, b, b)})
        total = total + sum(where(never, y, 0));
    }
    return total;
  };
  EXPECT_EQ(value_and_gradient(f, x).gradient.to_vector(), zeros({10}).to_vector());
  for (double v : hessian(f, x).to_vector()) EXPECT_EQ(v, 0);
}

TEST(IncompleteFunctions, RefuseAThirdDerivative) {
  const Tensor a = tensor(2.0).requires_grad_(), x = tensor(3.0).requires_grad_();
  const Tensor first = grad(log_gammaincc(a, x), a, {.create_graph = true});
  const Tensor second = grad(first, a, {.create_graph = true});
  try {
    grad(second, a);
    FAIL() << "nothing was thrown";
  } catch (const GraphError& error) {
    EXPECT_NE(std::string(error.what()).find("log_gammaincc"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("not available"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace wald
