// Files that `wald fit survival` must refuse, with the exit code and what the sentence must name.
// Only the table: cli_test.cpp runs it.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "program.h"

namespace wald::testing {

// A file, further arguments, the exit code, and what the sentence on standard error must name.
struct Refusal {
  const char *name, *csv;
  Arguments arguments;
  int exit_code;
  Arguments says;
};

inline const Arguments x = {"--covariates", "x"};

inline std::ostream& operator<<(std::ostream& out, const Refusal& r) { return out << r.name; }

// clang-format off
inline const Refusal refusals[] = {
    {"Empty", "", {}, 2, {"data.csv", "empty"}},
    {"BlankLines", "\n\n", {}, 2, {"data.csv", "empty"}},
    {"HeaderOnly", "time,event\n", {}, 2, {"data.csv", "no rows"}},
    {"ShortRow", "time,event\n1,1\n2\n", {}, 2, {"data.csv", "line 3", "1 field", "2"}},
    {"LongRow", "time,event\n1,1\n\n2,1,7\n", {}, 2, {"data.csv", "line 4", "3 fields"}},
    {"OpenQuote", "time,event\n\"1,1\n2,1\n", {}, 2, {"data.csv", "line 2", "quote"}},
    {"DuplicateName", "time,event,time\n1,1,1\n", {}, 2, {"data.csv", "line 1", "column 3", "time"}},
    {"NamelessColumn", ",time,event\n1,1,1\n", {}, 2, {"data.csv", "line 1", "column 1"}},
    {"Word", "time,event\n1,1\nlong,1\n", {}, 2, {"data.csv", "line 3", "'time'", "'long'"}},
    {"NumberWithUnit", "time,event\n1,1\n3 d,1\n", {}, 2, {"line 3", "'time'", "'3 d'"}},
    {"Infinite", "time,event\n1,1\ninf,1\n", {}, 2, {"line 3", "'time'", "'inf'"}},
    {"Overflow", "time,event\n1,1\n1e999,1\n", {}, 2, {"line 3", "'time'", "'1e999'"}},
    {"NegativeTime", "time,event\n1,1\n-2,1\n", {}, 2, {"data.csv", "line 3", "'time'", "'-2'"}},
    {"ZeroTime", "time,event\n1,1\n0,1\n", {}, 2, {"data.csv", "line 3", "'time'", "positive"}},
    {"EventTwo", "time,event\n1,1\n2,2\n", {}, 2, {"data.csv", "line 3", "'event'", "0", "1", "'2'"}},
    {"EventWord", "time,event\n1,1\n2,TRUE\n", {}, 2, {"data.csv", "line 3", "'event'", "must be 0"}},
    {"EntryNotBefore", "time,event,start\n1,1,0\n2,1,2\n", {"--entry", "start"}, 2,
     {"data.csv", "line 3", "'start'", "before"}},
    {"NegativeWeight", "time,event,w\n1,1,1\n2,1,-1\n", {"--weights", "w"}, 2,
     {"data.csv", "line 3", "'w'", "negative"}},
    {"WordAmongNumbers", "time,event,x\n1,1,3\n2,1,?\n", x, 2, {"data.csv", "line 3", "'x'", "'?'"}},
    {"UnknownColumn", "time,event,x\n1,1,3\n2,1,2\n", {"--covariates", "z"}, 2,
     {"data.csv", "'z'", "time, event, x"}},
    {"UnknownTime", "t,event\n1,1\n", {}, 2, {"data.csv", "'time'", "t, event"}},
    {"UnknownReference", "time,event,x\n1,1,a\n2,1,b\n", {"--covariates", "C(x, ref=c)"}, 2,
     {"data.csv", "'x'", "'c'", "a, b"}},
    {"OpenParenthesis", "time,event,x\n1,1,3\n", {"--covariates", "C(x"}, 2, {"parenthesis"}},
    {"AllEventsMissing", "time,event\n1,NA\n2,\n", {}, 2, {"data.csv", "'event'"}},
    {"NoCompleteRow", "time,event,x\n1,NA,2\n2,1,\n", x, 2, {"data.csv", "row"}},
    {"NoEvents", "time,event\n1,0\n2,0\n", {}, 3, {"no events", "(Intercept)"}},
    {"ConstantCovariate", "time,event,x\n1,1,3\n2,1,3\n", x, 3, {"x = 3 (Intercept)"}},
    {"Collinear", "time,event,x,y\n1,1,3,6\n2,1,4,8\n4,1,7,14\n", {"--covariates", "x,y"}, 3,
     {"y = 2 x"}},
    {"MoreCovariatesThanRows", "time,event,x,y\n1,1,3,6\n2,1,4,9\n", {"--covariates", "x,y"}, 3,
     {"y ="}},
    {"SingleLevel", "time,event,x\n1,1,a\n2,1,a\n", x, 3, {"x", "'a'"}},
    {"GroupWithoutEvents", "time,event,x\n1,1,a\n2,1,a\n4,0,b\n3,0,b\n", x, 3, {"C(x)b", "minus"}},
    {"EventsOfWeightZero", "time,event,x,w\n1,1,a,1\n2,1,a,1\n4,1,b,0\n3,0,b,1\n",
     {"--covariates", "x", "--weights", "w"}, 3, {"C(x)b"}},
    {"AllWeightsZero", "time,event,w\n1,1,0\n2,1,0\n", {"--weights", "w"}, 3, {"events"}},
    {"Separation", "time,event,x\n1,1,0\n2,1,0\n4,0,5\n3,0,7\n", x, 3, {"x", "minus"}},
    {"PlotNowhere", "time,event\n1,1\n2,0\n", {"--plot", "/nonexistent/a.svg"}, 2,
     {"/nonexistent/a.svg"}},
    {"PlotOnFullDisk", "time,event\n1,1\n2,0\n", {"--plot", "/dev/full"}, 2, {"/dev/full"}},
};
// clang-format on

}  // namespace wald::testing
