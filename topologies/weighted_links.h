#pragma once

#include "topologies/router_builder.h"
#include "topologies/text_files.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace murmur {

/// The links of a file that has no rates, and weights for latencies at most.  A link that is listed
/// for each direction is one; one that is listed twice with the same weight is so once.
class WeightedLinks {
  public:
    /// @param defaults  must have a rate, and a latency of links or of weights
    WeightedLinks(RouterBuilder& builder, const LinkDefaults& defaults)
        : builder_(builder), defaults_(defaults) {}

    /// Adds the link of the line just read.
    /// @throws std::invalid_argument  where the weight is no number of 0 or more
    void add(const FieldReader& lines, RouterId from, RouterId to, std::string_view weight);
    /// Adds a link without a weight.
    /// @throws std::invalid_argument  where there is no latency for links
    void add(const FieldReader& lines, RouterId from, RouterId to);

    /// @throws std::invalid_argument  where there is no link
    [[nodiscard]] RouterGraph take();

  private:
    void add(const FieldReader& lines, RouterId from, RouterId to, double weight, double latency_s);

    RouterBuilder& builder_;
    LinkDefaults defaults_;
    std::map<std::pair<RouterId, RouterId>, double> weights_;  ///< by direction
    std::size_t num_links_ = 0;
};

}  // namespace murmur
