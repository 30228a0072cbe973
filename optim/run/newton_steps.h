// What minimize() itself does near a minimum or a saddle, whatever the method: Newton's steps, and
// questions to the objective that the Hessian at one point does not answer.
#pragma once

#include <optional>

#include <wald/optim/run/certificate.h>

namespace wald::optim {

/// The first lower point among Newton's step, its half, its quarter and so on; nothing if there is
/// none after so many halvings.
std::optional<Point> newton_point(Objective& objective, const Point& here,
                                  const Certificate& certificate, const Bounds& bounds,
                                  int halvings);

/// A lower point along the direction of negative curvature, or where there is none along the fall,
/// as far as the value keeps falling while steps double; nothing if there is none.
std::optional<Point> point_downward(Objective& objective, const Point& here,
                                    const Certificate& certificate, const Bounds& bounds);

/// A point along Newton's step or a direction without curvature, at a thousandth of the `reach`
/// [k], how far coordinates have been from the start, or of the point's distance from 0, that is
/// lower by more than `margin`; nothing if there is none. The third derivative may lead there, as
/// at an inflection.
std::optional<Point> point_across(Objective& objective, const Point& here, const Tensor& reach,
                                  const Certificate& certificate, const Bounds& bounds,
                                  double margin);

/// A point lower by more than `margin` that a direction without curvature leads to: where the other
/// parameters follow along it, curvature may turn negative, as where two terms of a sum have become
/// one. Of its two sides that of `begin` is taken. Looks both ways from half to eight times the
/// parameters' sizes, or where they are 0 their `reach` [k]. Nothing if there is none.
std::optional<Point> point_along_flat(Objective& objective, const Point& here, const Tensor& begin,
                                      const Tensor& reach, const Certificate& certificate,
                                      const Bounds& bounds, double margin);

/// Whether the value falls along the direction as far as it can be computed, or until it no longer
/// changes, while steps double; not if it rises again somewhere, nor if a bound is met.
bool falls_without_end(Objective& objective, const Point& here, const Tensor& direction,
                       const Bounds& bounds);

/// Whether Newton's method runs away: the quadratic model does not hold over its own step, the next
/// steps are no shorter, and the value falls without end along them. So it is towards an infimum at
/// infinity, as that of exp(-x), and not on the way down to a minimum far below, as that of
/// exp(x) - x from 700.
bool recedes(Objective& objective, const Point& here, const Bounds& bounds);

/// What rounding may change the value by, measured at points close by.
double value_rounding(Objective& objective, const Point& here, const Certificate& certificate,
                      const Bounds& bounds, double epsilon);

/// Whether it is rounding that hides a decrease of the size that the model sees: the decrement is
/// within `rounding`, or Newton's step makes the gradient smaller and the value no different.
bool is_hidden(Objective& objective, const Point& here, const Certificate& certificate,
               const Bounds& bounds, double rounding);

/// Newton's steps judged by the gradient alone, until the decrement no longer falls: that is the
/// gradient's own rounding. The value, whose rounding may be far larger, is not asked. Moves point
/// and certificate, which must have a spectrum.
void polish(Objective& objective, Point& here, Certificate& certificate, const Bounds& bounds);

}  // namespace wald::optim
