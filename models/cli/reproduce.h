// Published examples, recomputed: what every `wald reproduce` prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <wald/models/plot.h>

namespace wald::cli {

/// One figure. It agrees if |obtained - exact| <= tolerance * |exact|. A figure that was only ever
/// published to few digits has no exact value (NaN) and is shown, not judged. One that is a text
/// agrees if the two texts are the same.
struct Figure {
  std::string name, published;
  double exact;
  double obtained;
  double tolerance = 1e-8;
  bool is_text = false;
  std::string exact_text = {}, obtained_text = {};

  bool is_judged() const;
  bool agrees() const;
};

/// A figure that is a text: the name of a node, a printed tensor, the sentence of an error.
Figure text_figure(std::string name, std::string published, std::string exact,
                   std::string obtained);

struct Reproduction {
  std::string example, title;
  std::vector<Figure> figures;
};

/// Example 1: exponential survival, N = 100000. With a file, also the Kaplan-Meier curve with the
/// fitted one over it.
Reproduction reproduce_survival(const std::optional<PlotFile>& plot);

/// Example 2: logistic regression by Rprop. With a file, also the plot of the loss by iteration.
Reproduction reproduce_logistic(const std::optional<PlotFile>& plot);
/// Example 3: multiple regression by Rprop.
Reproduction reproduce_regression();

/// Example 5: the computation graph, in float32.
Reproduction reproduce_graph();
/// Example 5: an operation of one's own, in float32.
Reproduction reproduce_function();
/// Example 6: modules, in float32.
Reproduction reproduce_nn();
/// Example 7: the Poisson-lognormal model, with oaks_abundance.csv and oaks_offset.csv of a folder.
/// With a file, also a plot of the bound by iteration.
Reproduction reproduce_pln(const std::string& folder, const std::optional<PlotFile>& plot);

}  // namespace wald::cli
