// What is printed of a fit: the summary, or the JSON object of the program's contract.
#include <cmath>
#include <iostream>

#include "fit_command.h"
#include "fit_json.h"
#include "saved_fit.h"
#include "standard_errors.h"

namespace wald::cli {
namespace {

Json fit_json(const FittedModel& model, const FitDesign& data, const FitArguments& o) {
  const Fit& fit = model.fit;
  Json out;
  out["model"] = model.name;
  out["formula"] = data.formula;
  out.update(model.settings);
  out["n"] = fit.n;
  out["dropped"] = data.design.dropped;
  out["loglik"] = fit.loglik;
  out["aic"] = fit.aic();
  out["bic"] = fit.bic();
  out["aicc"] = fit.aicc();
  out["converged"] = fit.status != FitStatus::failed;
  out["status"] = name_of(fit.status);
  if (!fit.message.empty()) out["message"] = fit.message;
  if (!fit.constraints.empty()) out["constraints"] = fit.constraints;
  out["certificate"] = {{"largest_score", fit.certificate.largest_score},
                        {"newton_decrement", fit.certificate.newton_decrement},
                        {"smallest_eigenvalue", fit.certificate.smallest_eigenvalue},
                        {"largest_eigenvalue", fit.certificate.largest_eigenvalue},
                        {"score_agreement", fit.certificate.score_agreement}};
  out["iterations"] = fit.iterations;
  out["evaluations"] = fit.evaluations;
  if (std::isfinite(fit.degrees_of_freedom)) out["df"] = fit.degrees_of_freedom;
  out.update(model.results);
  out["se"] = o.se;
  if (o.bread != "observed") out["bread"] = o.bread;
  out["level"] = o.level;
  out["coefficients"] = coefficients_json(fit, model.head, o.level);
  out["vcov"] = matrix_json(fit.vcov, fit.names.size());
  return out;
}

}  // namespace

int report(FittedModel model, const FitDesign& data, const FitArguments& o) {
  if (!model.plots.likelihood)
    model.plots.likelihood = [likelihood = FittedLikelihood{model.loglik, model.fit}] {
      return likelihood;
    };
  {
    const Progress progress("standard errors");
    set_standard_errors(model, data, o);
  }
  report_dropped(data.design.dropped);
  if (!o.save.empty()) save_fit(o.save, model, data, o);
  if (o.json)
    print_json(fit_json(model, data, o));
  else
    std::cout << summary(model.fit, model.head, o.level) << std::flush;
  draw_plots(o.plot, model.plots, model.fit, model.head, o.level);
  return model.fit.status == FitStatus::failed ? not_converged : done;
}

}  // namespace wald::cli
