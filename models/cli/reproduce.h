// Published examples, recomputed: what every `wald reproduce` prints.
#pragma once

#include <string>
#include <vector>

namespace wald::cli {

/// One figure. It agrees if |obtained - exact| <= tolerance * |exact|. A figure that was only ever
/// published to few digits has no exact value (NaN) and is shown, not judged.
struct Figure {
  std::string name, published;
  double exact;
  double obtained;
  double tolerance = 1e-8;

  bool is_judged() const;
  bool agrees() const;
};

struct Reproduction {
  std::string example, title;
  std::vector<Figure> figures;
};

/// Example 1: exponential survival, N = 100000. With a path, also the Kaplan-Meier curve with the
/// fitted one over it.
Reproduction reproduce_survival(const std::string& plot_path);

}  // namespace wald::cli
