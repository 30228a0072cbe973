// Tables for publication: what stands in them, how numbers are cut, and that names are inert.
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/ols.h>
#include <wald/models/regression_table.h>

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "../temp_path.h"

namespace wald {
namespace {

CoefficientRow row(const std::string& name, double estimate, double std_error, double p) {
  return {name,
          estimate,
          std_error,
          estimate / std_error,
          p,
          estimate - 2 * std_error,
          estimate + 2 * std_error};
}

std::vector<TableModel> two_models() {
  return {{"",
           {row("(Intercept)", 1.25, 0.5, 0.012), row("age", -0.0314159, 0.00123, 1e-9)},
           100,
           -50.5,
           105,
           110.25},
          {"With sex",
           {row("(Intercept)", 1, 0.75, 0.2), row("sex", 0.5, 0.2, 0.009),
            row("income", 3.2e-12, 1e-12, 0.04)},
           99,
           -49.125,
           104.25,
           NAN}};
}

TEST(RegressionTable, Markdown) {
  EXPECT_EQ(regression_table(two_models()),
            "|                |           (1) |    With sex |\n"
            "|:---------------|--------------:|------------:|\n"
            "| (Intercept)    |       1.250\\* |       1.000 |\n"
            "|                |       (0.500) |     (0.750) |\n"
            "| sex            |               |   0.500\\*\\* |\n"
            "|                |               |     (0.200) |\n"
            "| income         |               | 3.200e-12\\* |\n"
            "|                |               | (1.000e-12) |\n"
            "| age            | -0.0314\\*\\*\\* |             |\n"
            "|                |      (0.0012) |             |\n"
            "| n              |           100 |          99 |\n"
            "| Log-likelihood |       -50.500 |     -49.125 |\n"
            "| AIC            |       105.000 |     104.250 |\n"
            "| BIC            |       110.250 |             |\n"
            "\nStandard errors in parentheses. \\* p \\< 0.05, \\*\\* p \\< 0.01, "
            "\\*\\*\\* p \\< 0.001\n");
}

TEST(RegressionTable, Latex) {
  const std::string table =
      regression_table(two_models(), {.format = TableFormat::latex, .std_errors = "Robust (HC1)"});
  for (const char* part :
       {"\\begin{tabular}{lcc}\n\\toprule\n & (1) & With sex \\\\\n\\midrule\n",
        "(Intercept) & $1.250^{*}$ & $1.000$ \\\\\n & $(0.500)$ & $(0.750)$ \\\\\n",
        "age & $-0.0314^{***}$ &  \\\\\n", "n & 100 & 99 \\\\\n", "BIC & $110.250$ &  \\\\\n",
        "\\bottomrule\n\\multicolumn{3}{l}{\\footnotesize Robust (HC1) standard errors in "
        "parentheses. $^{*}$ $p < 0.05$, $^{**}$ $p < 0.01$, $^{***}$ $p < 0.001$} \\\\\n"
        "\\end{tabular}\n"})
    EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
  EXPECT_EQ(table.find("\\begin{table}"), std::string::npos);
  const std::string with_caption = regression_table(
      two_models(), {.format = TableFormat::latex, .caption = "100 % of it", .label = "tab:fits"});
  for (const char* part :
       {"\\begin{table}", "\\caption{100 \\% of it}", "\\label{tab:fits}", "\\end{table}"})
    EXPECT_NE(with_caption.find(part), std::string::npos) << part;
}

// A name with what each format has signs for.
std::vector<TableModel> odd_names() {
  return {{"a,b", {row("x_1|\"y\" & 5% <z> *{b}* \\cmd #$~^`\n2", 1, 2, 0.6)}, 3, -1, 4, 5}};
}

TEST(RegressionTable, NamesAreInert) {
  EXPECT_NE(regression_table(odd_names(), {.format = TableFormat::latex})
                .find("x\\_1\\textbar{}\\char34{}y\\char34{} \\& 5\\% "
                      "\\textless{}z\\textgreater{} {*}\\{b\\}{*} \\textbackslash{}cmd "
                      "\\#\\$\\textasciitilde{}\\textasciicircum{}` 2 & $1.000$"),
            std::string::npos);
  EXPECT_NE(regression_table(odd_names())
                .find("| x\\_1\\|\"y\" \\& 5% \\<z\\> \\*\\{b\\}\\* \\\\cmd \\#\\$\\~^\\` 2 |"),
            std::string::npos);
}

// A row that began so would be an option of the end of the row before, and -- a dash.
TEST(RegressionTable, LatexRowsMayBeginWithBracketsAndStars) {
  const std::vector<TableModel> models = {
      {"a", {row("[b]", 1, 2, 0.6), row("*", 1, 2, 0.6), row("--c", 1, 2, 0.6)}, 3, -1, 4, 5}};
  const std::string text = regression_table(models, {.format = TableFormat::latex});
  for (const char* part : {"\n{[}b] & ", "\n{*} & ", "\n-{}-c & "})
    EXPECT_NE(text.find(part), std::string::npos) << part << text;
  EXPECT_THROW(regression_table(models, {.format = TableFormat::latex, .label = "a%b"}),
               InputError);
}

TEST(RegressionTable, CsvIsReadBack) {
  std::vector<TableModel> models = two_models();
  models.push_back(odd_names()[0]);
  models[0].rows[0].estimate = 1.0 / 3;
  const std::string path = testing::temp_path("table.csv");
  std::ofstream(path) << regression_table(models, {.format = TableFormat::csv});
  const Table table = read_csv(path);
  EXPECT_EQ(table.rows(), 6U);
  EXPECT_EQ(table.columns(), 12U);
  EXPECT_EQ(table.cell(0, table.column("model")), "1");
  EXPECT_EQ(table.number(0, table.column("estimate")), 1.0 / 3);
  EXPECT_EQ(table.cell(5, table.column("model")), "a,b");
  EXPECT_EQ(table.cell(5, table.column("term")), odd_names()[0].rows[0].name);
  EXPECT_TRUE(table.is_missing(2, table.column("bic")));
  EXPECT_EQ(table.number(1, table.column("p")), 1e-9);
}

TEST(RegressionTable, OfAFit) {
  const Tensor x = stack({ones({4}), from_vector(std::vector<double>{1, 2, 3, 5})}, 1);
  const OlsFit fit = ols(x, from_vector(std::vector<double>{1, 3, 2, 5}), {"(Intercept)", "x"});
  const TableModel model = table_model(fit, "OLS");
  EXPECT_EQ(model.rows.size(), 2U);
  EXPECT_EQ(model.n, 4);
  EXPECT_EQ(model.aic, fit.aic());
  EXPECT_EQ(regression_table({&model, 1}, {.decimals = 1, .stars = false}).find("*"),
            std::string::npos);
}

TEST(RegressionTable, RefusesBadOptions) {
  EXPECT_THROW(regression_table({}), InputError);
  EXPECT_THROW(regression_table(two_models(), {.decimals = -1}), InputError);
  EXPECT_EQ(table_format_named("latex"), TableFormat::latex);
  try {
    table_format_named("html");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("latex, markdown, csv"), std::string::npos);
  }
}

}  // namespace
}  // namespace wald
