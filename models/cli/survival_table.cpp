#include "survival_table.h"

#include <fmt/format.h>

#include <wald/engine/error.h>

namespace wald::cli {
std::vector<std::string> SurvivalColumns::used() const {
  std::vector<std::string> names;
  for (const std::string& name : {time, event, entry, weights})
    if (!name.empty()) names.push_back(name);
  return names;
}

Expression SurvivalColumns::response() const {
  if (!time2.empty()) {
    Expression type;
    type.kind = Expression::Kind::text;
    type.name = "interval2";
    Expression surv =
        Expression::call("Surv", {Expression::column(time), Expression::column(time2), type});
    surv.labels = {"", "", "type"};
    return surv;
  }
  std::vector<Expression> parts;
  for (const std::string& name : {entry, time, event})
    if (!name.empty()) parts.push_back(Expression::column(name));
  return Expression::call("Surv", std::move(parts));
}

void add_survival_model_options(CLI::App& command, std::string& dist, std::string& form) {
  command.add_option("--dist", dist, "Distribution of the time")
      ->check(CLI::IsMember({"exponential", "weibull", "gompertz", "lognormal", "loglogistic"}));
  command
      .add_option("--form", form,
                  "Coefficients of the log hazard (ph) or of the log time (aft); without it ph "
                  "where the distribution has that form")
      ->check(CLI::IsMember({"ph", "aft"}));
}

SurvivalModel survival_model(const std::string& dist, const std::string& form) {
  const SurvivalLaw& law = law_named(dist);
  const bool is_ph = form.empty() ? law.ph_parameter != nullptr : form == "ph";
  const SurvivalModel model{law.distribution, is_ph ? SurvivalForm::ph : SurvivalForm::aft};
  law.parameter(model.form);  // refuses what there is not
  return model;
}

std::vector<std::size_t> complete_rows(const Table& table,
                                       const std::vector<std::string>& columns) {
  std::vector<std::size_t> numbers;
  for (const std::string& name : columns) numbers.push_back(table.column(name));
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    bool is_complete = true;
    for (std::size_t column : numbers) is_complete &= !table.is_missing(row, column);
    if (is_complete) rows.push_back(row);
  }
  if (rows.empty())
    throw InputError(
        fmt::format("{}: no row is complete in {}", table.file(), comma_separated(columns)));
  return rows;
}

}  // namespace wald::cli
