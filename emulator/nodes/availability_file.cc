#include "emulator/base/naming.h"
#include "emulator/base/quantity.h"
#include "emulator/nodes/availability.h"
#include "tools/text/csv.h"
#include "tools/text/number.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace murmur {

namespace {

constexpr std::string_view kHeader = "node,on_s,off_s";

SimTime read_instant(const LineReader& lines, std::string_view name, const std::string& cell) {
    const auto seconds = parse_number<double>(std::string_view(cell));
    if (!seconds || !(*seconds >= 0 && *seconds <= kLongestSeconds)) {
        lines.fail(fmt::format("{}: got '{}', allowed seconds from 0 to 1e9", name, shown(cell)));
    }
    return from_seconds(*seconds);
}

Span read_span(const LineReader& lines, const std::vector<std::string>& cells, SimTime period) {
    Span span{read_instant(lines, "on_s", cells[1]), SimTime::max()};
    if (!cells[2].empty()) {
        span.until = read_instant(lines, "off_s", cells[2]);
    } else if (period > SimTime(0)) {
        span.until = period;
    }
    if (span.until <= span.from) {
        lines.fail(fmt::format(
            "a node is there from {} s to {} s, allowed a later end", cells[1], cells[2]));
    }
    if (period > SimTime(0) && span.until > period) {
        lines.fail(fmt::format("off_s: got {}, allowed up to the period, {} s",
                               cells[2],
                               to_seconds(period)));
    }
    return span;
}

/// The instants at which a node changes, of its spans again and again.
class SpanWalk {
  public:
    SpanWalk(std::shared_ptr<const Spans> spans, SimTime period)
        : spans_(std::move(spans)), period_(period), ahead_(next_row()), span_(next_span()) {
        is_inside_ = span_ && span_->from == SimTime(0);
    }

    [[nodiscard]] bool starts_present() const { return is_inside_; }
    std::optional<SimTime> next_change() {
        if (!span_) {
            return std::nullopt;
        }
        is_inside_ = !is_inside_;
        if (is_inside_) {
            return span_->from;
        }
        const SimTime end = std::exchange(span_, next_span())->until;
        return end == SimTime::max() ? std::nullopt : std::optional(end);
    }

  private:
    std::optional<Span> next_row() {
        if (place_ == spans_->size()) {
            // Beyond what ns-3 counts there is nothing.
            if (period_ == SimTime(0) || spans_->empty() || offset_ > SimTime::max() / 4) {
                return std::nullopt;
            }
            place_ = 0;
            offset_ += period_;
        }
        const Span& row = (*spans_)[place_++];
        return Span{row.from + offset_,
                    row.until == SimTime::max() ? row.until : row.until + offset_};
    }
    /// Joins rows that touch.
    std::optional<Span> next_span() {
        std::optional<Span> span = std::exchange(ahead_, std::nullopt);
        if (!span) {
            return span;
        }
        ahead_ = next_row();
        for (std::size_t joined = 0; ahead_ && ahead_->from == span->until; ++joined) {
            if (joined > spans_->size()) {
                span->until = SimTime::max();  // there all the time
                ahead_.reset();
                break;
            }
            span->until = std::exchange(ahead_, next_row())->until;
        }
        return span;
    }

    std::shared_ptr<const Spans> spans_;
    SimTime period_;
    SimTime offset_{0};
    std::size_t place_ = 0;
    std::optional<Span> ahead_;  ///< the next row
    std::optional<Span> span_;   ///< the present one, or the next
    bool is_inside_ = false;
};

Availability plan_file(const AvailabilityRequest& request) {
    const std::string& path = request.options.text("path");
    SimTime period(0);
    if (request.options.has("period")) {
        period = from_seconds(
            parse_positive_time("--availability: period", request.options.text("period")));
    }
    std::size_t passed_over = 0;
    std::vector<std::shared_ptr<const Spans>> spans;
    std::size_t named = 0;
    auto of_nodes = naming("--availability", [&] {
        return read_availability(path, period, request.num_nodes, passed_over);
    });
    for (auto& of_node : of_nodes) {
        named += of_node ? 1 : 0;
        spans.push_back(of_node ? std::make_shared<const Spans>(std::move(*of_node)) : nullptr);
    }
    std::string note = fmt::format("{}: times of {} of {} nodes", shown(path, 200), named, spans.size());
    note += named < spans.size() ? ", the others are there all the time" : "";
    note += passed_over > 0 ? fmt::format("; {} rows of further nodes passed over", passed_over) : "";
    return {.make_life =
                [spans = std::move(spans), period](NodeId node) {
                    return spans[node] ? life_of(spans[node], period) : Life();
                },
            .notes = {std::move(note)}};
}

}  // namespace

std::vector<std::optional<Spans>> read_availability(const std::string& path,
                                                    SimTime period,
                                                    NodeId num_nodes,
                                                    std::size_t& passed_over) {
    LineReader lines(path);
    if (!lines.next_with_content() || trimmed(lines.line()) != kHeader) {
        lines.fail(fmt::format(
            "got the header '{}', allowed {}", shown(trimmed(lines.line())), kHeader));
    }
    std::vector<std::optional<Spans>> all(num_nodes);
    passed_over = 0;
    while (lines.next_with_content()) {
        const std::vector<std::string> cells = csv_cells(lines.line());
        if (cells.size() != 3) {
            lines.fail(fmt::format("got {} fields, allowed {}", cells.size(), kHeader));
        }
        const auto node = parse_number<std::uint32_t>(std::string_view(cells[0]));
        if (!node) {
            lines.fail(fmt::format("node: got '{}', allowed a number from 0", shown(cells[0])));
        }
        const Span span = read_span(lines, cells, period);
        if (*node >= num_nodes) {
            ++passed_over;
            continue;
        }
        std::optional<Spans>& spans = all[*node];
        if (!spans) {
            spans.emplace();
        }
        if (!spans->empty() && span.from < spans->back().until) {
            lines.fail(fmt::format("node {} is there from {} s, before its row above ends; allowed "
                                   "ascending times of a node",
                                   *node,
                                   cells[1]));
        }
        spans->push_back(span);
    }
    return all;
}

Life life_of(std::shared_ptr<const Spans> spans, SimTime period) {
    const auto walk = std::make_shared<SpanWalk>(std::move(spans), period);
    return {walk->starts_present(), [walk] { return walk->next_change(); }};
}

void register_availability_file(AvailabilityRegistry& registry) {
    registry.add({"file",
                  "times from a CSV file with the header node,on_s,off_s; a path alone is one, too",
                  {rest("path", "PATH", "a row for each time in which a node is there"),
                   unset("period", "TIME", "after which the file begins again")}},
                 plan_file);
}

}  // namespace murmur
