#include "tools/sweep/tables.h"

#include "emulator/base/reaches_disk.h"
#include "emulator/report/statistics.h"
#include "tools/text/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace murmur::sweep {
namespace {

/// The figures that are averaged over the seeds of a setting.
constexpr std::array kAveraged = {column<SummaryTable>("mean_test_accuracy"),
                                  column<SummaryTable>("simulated_s"),
                                  column<SummaryTable>("bytes_sent"),
                                  column<SummaryTable>("mean_test_loss"),
                                  column<ComparisonTable>("time_to_common_s")};

using Row = std::vector<std::string>;

/// One line of RFC 4180 text, except that it ends as Unix lines do.
std::string csv_line(const Row& row) {
    std::string line;
    for (const auto& field : row) {
        line += csv_quoted(field) + ',';
    }
    line.back() = '\n';
    return line;
}

std::string number_text(const std::optional<double>& number) {
    return number ? fmt::format("{}", *number) : "";
}

void append_average_names(Row& row) {
    for (const auto figure : kAveraged) {
        row.push_back(fmt::format("{}_mean", figure));
        row.push_back(fmt::format("{}_ci95", figure));
    }
}

Row averages(const std::vector<std::size_t>& group, const std::vector<Outcome>& outcomes) {
    Row row;
    for (const auto figure : kAveraged) {
        std::vector<double> values;
        for (const auto run : group) {
            const auto number = outcomes[run].number(figure);
            if (outcomes[run].is_complete() && number) {
                values.push_back(*number);
            }
        }
        const auto estimate = report::estimate_mean(values);
        row.push_back(number_text(estimate.mean));
        row.push_back(number_text(estimate.half_width_95));
    }
    return row;
}

std::string count_complete(const std::vector<std::size_t>& group,
                           const std::vector<Outcome>& outcomes) {
    std::size_t count = 0;
    for (const auto run : group) {
        count += outcomes[run].is_complete() ? 1 : 0;
    }
    return std::to_string(count);
}

void append(Row& row, const Row& more) {
    row.insert(row.end(), more.begin(), more.end());
}

/// What a run says of itself, before what its setting says and the error.
Row own_fields(const Run& run, const Outcome& outcome) {
    Row row{run.folder};
    append(row, run.varied);
    row.push_back(outcome.status);
    row.push_back(outcome.exit_code ? std::to_string(*outcome.exit_code) : "");
    for (const auto figure : kFigures) {
        const auto found = outcome.figures.find(figure);
        row.push_back(found == outcome.figures.end() ? "" : found->second);
    }
    return row;
}

}  // namespace

std::string runs_table(const Plan& plan, const std::vector<Outcome>& outcomes) {
    Row header{"run"};
    append(header, plan.varied);
    append(header, {"status", "exit_code"});
    header.insert(header.end(), kFigures.begin(), kFigures.end());
    header.push_back("setting_complete");
    append_average_names(header);
    header.push_back("error");

    std::vector<Row> rows(plan.runs.size());
    for (const auto& group : group_by_setting(plan)) {
        const auto setting = averages(group, outcomes);
        const auto complete = count_complete(group, outcomes);
        for (const auto run : group) {
            rows[run] = own_fields(plan.runs[run], outcomes[run]);
            rows[run].push_back(complete);
            append(rows[run], setting);
            rows[run].push_back(outcomes[run].error);
        }
    }
    std::string text = csv_line(header);
    for (const auto& row : rows) {
        text += csv_line(row);
    }
    return text;
}

std::string settings_table(const Plan& plan, const std::vector<Outcome>& outcomes) {
    const auto without_seed = [&plan](const Row& varied) {
        Row row;
        for (std::size_t k = 0; k < varied.size(); ++k) {
            if (plan.varied[k] != "seed") {
                row.push_back(varied[k]);
            }
        }
        return row;
    };
    Row header = without_seed(plan.varied);
    append(header, {"runs", "complete"});
    append_average_names(header);
    std::string text = csv_line(header);
    for (const auto& group : group_by_setting(plan)) {
        Row row = without_seed(plan.runs[group.front()].varied);
        append(row, {std::to_string(group.size()), count_complete(group, outcomes)});
        append(row, averages(group, outcomes));
        text += csv_line(row);
    }
    return text;
}

std::string rounds_table(const Plan& plan, const std::vector<Outcome>& outcomes) {
    // Everyone who groups by seed finds it there, whatever the sweep varied.
    const bool adds_seed = std::ranges::find(plan.varied, "seed") == plan.varied.end();
    Row header{"run"};
    append(header, plan.varied);
    append(header, adds_seed ? Row{"seed"} : Row{});
    append(header, {"round", "sim_time_s", "metric", "value"});
    std::string text = csv_line(header);
    for (std::size_t run = 0; run < plan.runs.size(); ++run) {
        Row settings{plan.runs[run].folder};
        append(settings, plan.runs[run].varied);
        append(settings, adds_seed ? Row{outcomes[run].seed} : Row{});
        for (const RoundPoint& point : outcomes[run].rounds) {
            for (std::size_t figure = 0; figure < kRoundFigures.size(); ++figure) {
                if (!point.figures[figure].empty()) {
                    Row row = settings;
                    append(row,
                           {point.round,
                            point.time_s,
                            std::string(kRoundFigures[figure]),
                            point.figures[figure]});
                    text += csv_line(row);
                }
            }
        }
    }
    return text;
}

void write_tables(const Plan& plan,
                  std::vector<Outcome>& outcomes,
                  const std::filesystem::path& folder) {
    compare(outcomes);
    replace_file(folder / "sweep.csv", runs_table(plan, outcomes));
    replace_file(folder / "sweep-summary.csv", settings_table(plan, outcomes));
}

void replace_file(const std::filesystem::path& file, std::string_view text) {
    auto draft = file;
    draft += ".new";
    std::FILE* const stream = std::fopen(draft.c_str(), "wb");
    // On the disk before it has the name: a power cut would leave the name and none of the text.
    bool is_written = stream != nullptr &&
                      std::fwrite(text.data(), 1, text.size(), stream) == text.size() &&
                      std::fflush(stream) == 0 && reaches_disk(fileno(stream));
    is_written = stream != nullptr && std::fclose(stream) == 0 && is_written;
    if (!is_written) {
        throw std::runtime_error(fmt::format("sweep: cannot write {}", draft.string()));
    }
    std::filesystem::rename(draft, file);
}

}  // namespace murmur::sweep
