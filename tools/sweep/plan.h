#pragma once

#include "tools/sweep/request.h"

#include <string>
#include <vector>

namespace murmur::sweep {

/// One run of a sweep: one point of the product.
struct Run {
    std::string folder;                  ///< name below the sweep's folder, unique
    std::vector<std::string> arguments;  ///< scenario options, "--name=value"
    std::vector<std::string> varied;     ///< values of Plan::varied, in that order
};

/// All runs of a sweep, in the order of the options given; the last option varies fastest.
struct Plan {
    std::vector<std::string> varied;  ///< names of the options with more than one value
    std::vector<Run> runs;
};

/// Lays out the product of all option values.  Folders are named after the varied options
/// ("topology=regular-5_seed=1"); "run" where nothing varies.
/// @throws std::invalid_argument  if the product has more than 100,000 members
[[nodiscard]] Plan make_plan(const std::vector<Option>& options);

/// Leaves of a plan the runs of one part: every count-th, so that slow settings, which lie side by
/// side, are dealt out.  Parts are disjoint, and all of them are the plan.
[[nodiscard]] Plan share_of(Plan plan, const Part& part);

/// Groups run numbers by setting, that is by all varied options except `seed`; settings and the
/// runs in them keep the plan's order.
[[nodiscard]] std::vector<std::vector<std::size_t>> group_by_setting(const Plan& plan);

}  // namespace murmur::sweep
