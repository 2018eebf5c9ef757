#include "emulator/tasks/speed_traces.h"

#include "emulator/base/naming.h"
#include "tools/text/csv.h"
#include "tools/text/number.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>

namespace murmur {

namespace {

constexpr std::string_view kHeader = "time_s,node,speed";

void add_step(const LineReader& lines,
              std::vector<SpeedTraces::Step>& steps,
              const SpeedTraces::Step& step) {
    if (!steps.empty() && step.from_s < steps.back().from_s) {
        lines.fail(fmt::format(
            "out of order, got {} s after {} s of the same node", step.from_s, steps.back().from_s));
    }
    steps.push_back(step);
}

}  // namespace

double SpeedTraces::duration_s(std::uint32_t node, SimTime start, double seconds) const {
    const std::vector<Step>& steps = steps_[node];
    const double start_s = to_seconds(start);
    auto next = std::upper_bound(
        steps.begin(), steps.end(), start_s, [](double time, const Step& step) {
            return time < step.from_s;
        });
    double now_s = start_s;
    double speed = next == steps.begin() ? 1 : std::prev(next)->speed;
    double left_s = seconds;
    for (; next != steps.end(); ++next) {
        const double done_s = (next->from_s - now_s) * speed;
        if (done_s >= left_s) {
            break;
        }
        left_s -= done_s;
        now_s = next->from_s;
        speed = next->speed;
    }
    return now_s - start_s + left_s / speed;
}

std::shared_ptr<const SpeedTraces> read_speed_traces(const std::string& path,
                                                     std::uint32_t num_nodes) {
    LineReader lines(path);
    if (!lines.next_with_content() || trimmed(lines.line()) != kHeader) {
        lines.fail(fmt::format(
            "got the header '{}', allowed {}", shown(trimmed(lines.line())), kHeader));
    }
    std::vector<std::vector<SpeedTraces::Step>> steps(num_nodes);
    constexpr std::size_t kMostSteps = 100'000'000;
    std::size_t count = 0;
    while (lines.next_with_content()) {
        const std::vector<std::string> cells = csv_cells(lines.line());
        if (cells.size() != 3) {
            lines.fail(fmt::format("got {} fields, allowed {}", cells.size(), kHeader));
        }
        const auto time = parse_number<double>(std::string_view(cells[0]));
        const auto speed = parse_number<double>(std::string_view(cells[2]));
        if (!time || !(*time >= 0 && *time <= kLongestSeconds)) {
            lines.fail(fmt::format("time_s: got '{}', allowed 0 to 1e9", shown(cells[0])));
        }
        if (!speed || !(*speed >= 1e-6 && *speed <= 1e6)) {
            lines.fail(fmt::format("speed: got '{}', allowed 1e-6 to 1e6", shown(cells[2])));
        }
        const SpeedTraces::Step step{*time, *speed};
        if (cells[1].empty()) {
            count += num_nodes;
            if (count > kMostSteps) {
                lines.fail(fmt::format("more than {} steps of all nodes", kMostSteps));
            }
            for (auto& of_node : steps) {
                add_step(lines, of_node, step);
            }
            continue;
        }
        const auto node = parse_number<std::uint32_t>(std::string_view(cells[1]));
        if (!node || *node >= num_nodes) {
            lines.fail(fmt::format(
                "node: got '{}', allowed 0 to {}, or none", shown(cells[1]), num_nodes - 1));
        }
        add_step(lines, steps[*node], step);
    }
    return std::make_shared<const SpeedTraces>(std::move(steps));
}

std::shared_ptr<const SpeedTraces> plan_speed_traces(const std::string& path,
                                                     std::uint32_t num_nodes) {
    if (path.empty()) {
        return nullptr;
    }
    return naming("--speed-trace", [&] { return read_speed_traces(path, num_nodes); });
}

}  // namespace murmur
