#include "topologies/weighted_links.h"

#include "topologies/link_quantities.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

void WeightedLinks::add(const FieldReader& lines,
                        RouterId from,
                        RouterId to,
                        std::string_view weight) {
    const auto value = plain_number(weight);
    if (!value || *value < 0) {
        lines.fail(
            fmt::format("the weight is no number of 0 or more, got '{}'", shown(weight, 30)));
    }
    add(lines,
        from,
        to,
        *value,
        defaults_.latency_s ? *defaults_.latency_s : *value * *defaults_.latency_s_per_weight);
}

void WeightedLinks::add(const FieldReader& lines, RouterId from, RouterId to) {
    if (!defaults_.latency_s) {
        lines.fail("the link has no weight; give latency= instead of weight=");
    }
    add(lines, from, to, 0, *defaults_.latency_s);
}

void WeightedLinks::add(
    const FieldReader& lines, RouterId from, RouterId to, double weight, double latency_s) {
    if (from == to) {
        builder_.count_self_loop();
        return;
    }
    const auto [known, is_new] = weights_.emplace(std::pair{from, to}, weight);
    if (!is_new && known->second == weight) {
        builder_.count_repetition();
        return;
    }
    ++num_links_;
    builder_.at_line(lines.line_number());
    builder_.add_direction(from, to, *defaults_.rate_bps, latency_s);
}

RouterGraph WeightedLinks::take() {
    if (num_links_ == 0) {
        throw std::invalid_argument(
            fmt::format("{}: the file has no link", shown(builder_.path(), 200)));
    }
    return builder_.take();
}

}  // namespace murmur
