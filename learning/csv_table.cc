// --dataset=csv: a table of numbers, one column of which is to be told from the others.
#include "learning/array_dataset.h"
#include "learning/datasets.h"
#include "learning/own_data.h"
#include "learning/text_lines.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kMaxLine = std::size_t{1} << 24;

/// What the label column is.
enum class LabelGoal { kAuto, kClasses, kNumber };

std::optional<double> number_in(std::string_view cell) {
    const std::optional<double> value = parse_number<double>(cell);
    const bool fits = value && std::abs(*value) <= std::numeric_limits<float>::max();
    return fits ? value : std::nullopt;
}

/// Reads the lines of a table.
class CsvReader {
  public:
    explicit CsvReader(const std::string& path) : lines_("dataset csv", path, kMaxLine) {}

    /// Reads the cells of the next line that is not empty; false after the last.
    bool next(std::vector<std::string>& cells) {
        std::string line;
        while (lines_.next(line)) {
            if (line.find_first_not_of(" \t") != std::string::npos) {
                cut(line, cells);
                return true;
            }
        }
        return false;
    }
    [[noreturn]] void fail(std::string_view message) const { lines_.fail(message); }

  private:
    /// Cuts a line at its separators: of comma, semicolon and tab the one that the first line has
    /// most of.  A cell in quotes may hold them; blanks around a cell are no part of it.
    void cut(std::string_view line, std::vector<std::string>& cells) {
        if (separator_ == '\0') {
            const std::array<char, 3> known{',', ';', '\t'};
            separator_ = *std::ranges::max_element(
                known, {}, [&](char mark) { return std::ranges::count(line, mark); });
        }
        cells.clear();
        for (std::size_t at = 0; at <= line.size(); ++at) {
            std::string& cell = cells.emplace_back();
            at =
                std::min(line.find_first_not_of(separator_ == '\t' ? " " : " \t", at), line.size());
            if (at < line.size() && line[at] == '"') {
                at = read_quoted(line, at + 1, cell);
            } else {
                const std::size_t end = std::min(line.find(separator_, at), line.size());
                cell = line.substr(at, end - at);
                cell.erase(cell.find_last_not_of(" \t") + 1);
                at = end;
            }
        }
    }

    /// Reads up to the quote that ends a cell, of which two stand for one; returns where the next
    /// separator is, or the end.
    std::size_t read_quoted(std::string_view line, std::size_t at, std::string& cell) const {
        for (;; ++at) {
            if (at >= line.size()) {
                fail("a quote that does not end in its line");
            }
            if (line[at] == '"' && (at + 1 == line.size() || line[at + 1] != '"')) {
                break;
            }
            at += line[at] == '"' ? 1 : 0;
            cell += line[at];
        }
        const std::size_t next = std::min(line.find_first_not_of(" ", at + 1), line.size());
        if (next < line.size() && line[next] != separator_) {
            fail("text behind a quoted cell");
        }
        return next;
    }

    TextLines lines_;
    char separator_ = '\0';
};

bool is_number(std::string_view cell) {
    return parse_number<double>(cell).has_value();
}

/// What the first line says.
struct FirstLine {
    std::size_t label;  ///< the column of labels
    bool is_header;     ///< it names columns; else it is a sample, as far as it tells by itself
};

[[noreturn]] void refuse_label(const std::string& name,
                               const CsvReader& reader,
                               const std::vector<std::string>& first,
                               bool is_header) {
    constexpr std::size_t kFew = 200;
    const auto few = std::min<std::ptrdiff_t>(std::ssize(first), 20);
    const std::vector<std::string> names(first.begin(), first.begin() + few);
    reader.fail(fmt::format("no label column '{}', allowed a number of 1 ... {}{}",
                            shown(name),
                            first.size(),
                            is_header ? ", or one of: " + shown(listed(names), kFew) : ""));
}

/// Finds the column of labels, by its name or its number from 1, without either the last one, and
/// whether the line is a header: a cell beside the label's is no number, or `label` is such a cell.
/// A line of numbers alone is a sample, whose cells are no names.
FirstLine read_first_line(const Options& options,
                          const CsvReader& reader,
                          const std::vector<std::string>& first) {
    const auto has_text_beside = [&first](std::size_t label) {
        for (std::size_t column = 0; column < first.size(); ++column) {
            if (column != label && !number_in(first[column])) {
                return true;
            }
        }
        return false;
    };
    if (!options.has("label")) {
        const std::size_t last = first.size() - 1;
        return {last, has_text_beside(last)};
    }
    const std::string& name = options.text("label");
    const auto named = static_cast<std::size_t>(std::ranges::find(first, name) - first.begin());
    const bool is_named = named < first.size();
    const auto number = parse_number<std::size_t>(name);
    if (number && *number >= 1 && *number <= first.size()) {
        const bool is_header = has_text_beside(*number - 1);
        return {is_header && is_named ? named : *number - 1, is_header};
    }
    const bool is_header = !std::ranges::all_of(first, is_number);
    if (!is_named || !is_header) {
        refuse_label(name, reader, first, is_header);
    }
    return {named, true};
}

/// The column of labels as it is read.
class LabelColumn {
  public:
    void add(const std::string& cell) {
        const auto [known, is_new] =
            numbers_.try_emplace(cell, static_cast<std::int64_t>(numbers_.size()));
        rows_.push_back(known->second);
    }
    [[nodiscard]] std::size_t num_different() const { return numbers_.size(); }

    /// Returns whether the first label is no number and all others are: the name of the column.
    [[nodiscard]] bool begins_with_name() const {
        const auto names =
            std::ranges::count_if(numbers_, [](const auto& one) { return !number_in(one.first); });
        const auto of_first = std::ranges::find(
            numbers_, std::int64_t{0}, [](const auto& one) { return one.second; });
        return numbers_.size() > 1 && names == 1 && !is_number(of_first->first) &&
               std::ranges::count(rows_, 0) == 1;
    }
    /// @pre begins_with_name()
    void drop_first() {
        std::erase_if(numbers_, [](const auto& one) { return one.second == 0; });
        for (auto& [label, number] : numbers_) {
            --number;
        }
        rows_.erase(rows_.begin());
        for (std::int64_t& row : rows_) {
            --row;
        }
    }

    /// Returns whether labels are classes: texts, or whole numbers.
    [[nodiscard]] bool are_classes() const {
        const bool are_numbers = std::ranges::all_of(
            numbers_, [](const auto& one) { return number_in(one.first).has_value(); });
        return !are_numbers || are_whole();
    }
    /// Numbers the classes in ascending order, of whole numbers by value, else by bytes.
    void write_classes(ArrayData& data) const {
        std::vector<const std::pair<const std::string, std::int64_t>*> order;
        for (const auto& one : numbers_) {
            order.push_back(&one);
        }
        if (are_whole()) {
            std::ranges::stable_sort(
                order, {}, [](const auto* one) { return *number_in(one->first); });
        }
        std::vector<std::int64_t> classes(order.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            classes[static_cast<std::size_t>(order[i]->second)] = static_cast<std::int64_t>(i);
        }
        data.num_classes = std::ssize(order);
        for (const std::int64_t row : rows_) {
            data.labels.push_back(classes[static_cast<std::size_t>(row)]);
        }
    }
    /// @throws std::invalid_argument  where a label is no number
    void write_numbers(const CsvReader& reader, ArrayData& data) const {
        std::vector<float> values(numbers_.size());
        for (const auto& [cell, number] : numbers_) {
            const std::optional<double> value = number_in(cell);
            if (!value) {
                reader.fail(
                    fmt::format("the label column holds '{}', allowed finite numbers with "
                                "goal=number",
                                shown(cell)));
            }
            values[static_cast<std::size_t>(number)] = static_cast<float>(*value);
        }
        for (const std::int64_t row : rows_) {
            data.targets.push_back(values[static_cast<std::size_t>(row)]);
        }
    }

  private:
    [[nodiscard]] bool are_whole() const {
        return std::ranges::all_of(numbers_, [](const auto& one) {
            return parse_number<std::int64_t>(one.first).has_value();
        });
    }

    std::map<std::string, std::int64_t> numbers_;  ///< of different labels, as they came
    std::vector<std::int64_t> rows_;
};

void add_row(const CsvReader& reader,
             const std::vector<std::string>& cells,
             std::size_t label,
             ArrayData& data) {
    for (std::size_t column = 0; column < cells.size(); ++column) {
        if (column == label) {
            continue;
        }
        const std::optional<double> value = number_in(cells[column]);
        if (!value) {
            reader.fail(fmt::format(
                "column {}: got '{}', allowed a finite number", column + 1, shown(cells[column])));
        }
        data.values.push_back(static_cast<float>(*value));
    }
    if (data.values.size() > kMaxOwnBytes / sizeof(float)) {
        reader.fail(fmt::format("too large, got more than {} GiB of samples", kMaxOwnBytes >> 30));
    }
}

DatasetPair load_csv(const Options& options, std::uint64_t seed) {
    CsvReader reader(options.text("file"));
    std::vector<std::string> cells;
    if (!reader.next(cells) || cells.size() < 2) {
        reader.fail("got less than two columns, allowed one of labels and one or more of numbers");
    }
    const std::size_t columns = cells.size();
    const auto [label, is_header] = read_first_line(options, reader, cells);
    ArrayData data{.shape = {static_cast<std::int64_t>(columns) - 1}};
    LabelColumn labels;
    bool has_row = !is_header || reader.next(cells);
    for (; has_row; has_row = reader.next(cells)) {
        if (cells.size() != columns) {
            reader.fail(fmt::format(
                "got {} cells, allowed {}, as the first line has", cells.size(), columns));
        }
        if (cells[label].empty()) {
            reader.fail(fmt::format("column {}: no label", label + 1));
        }
        add_row(reader, cells, label, data);
        labels.add(cells[label]);
    }
    if (!is_header && labels.begins_with_name()) {
        data.values.erase(data.values.begin(), data.values.begin() + data.shape.front());
        labels.drop_first();
    }
    const auto goal = options.choice<LabelGoal>("goal",
                                                {{"auto", LabelGoal::kAuto},
                                                 {"classes", LabelGoal::kClasses},
                                                 {"number", LabelGoal::kNumber}});
    if (goal == LabelGoal::kNumber || (goal == LabelGoal::kAuto && !labels.are_classes())) {
        labels.write_numbers(reader, data);
    } else if (labels.num_different() > static_cast<std::size_t>(kMaxOwnClasses)) {
        reader.fail(fmt::format("got {} different labels, allowed {} classes, or goal=number",
                                labels.num_different(),
                                kMaxOwnClasses));
    } else {
        labels.write_classes(data);
    }
    return split_by_option(options, make_array_dataset(std::move(data)), seed);
}

}  // namespace

void register_csv_table(DatasetRegistry& registry) {
    registry.add({"csv",
                  "own table of numbers, and a column of classes or of a number to predict",
                  {rest("file", "FILE", "with or without a line of names"),
                   unset("label", "COLUMN", "a name, or a number from 1; the last"),
                   word("goal",
                        {"auto", "classes", "number"},
                        "auto: classes where labels are texts or whole numbers"),
                   test_share_option()}},
                 load_csv);
}

}  // namespace murmur
