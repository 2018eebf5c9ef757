#include "learning/index_file.h"

#include "learning/data_file.h"
#include "learning/text_lines.h"
#include "tools/text/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kMaxLine = std::size_t{1} << 28;
constexpr std::size_t kMaxWord = 40;

/// Cuts the next word off the front of a line; empty where there is none.
std::string_view next_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(word.size());
    return word;
}

}  // namespace

Partition read_index_file(const std::string& path,
                          std::int64_t num_samples,
                          std::size_t num_nodes) {
    const std::string where = "partition file " + path;
    if (!is_file(path)) {
        throw std::invalid_argument(where + ": cannot be opened for reading");
    }
    TextLines lines("partition file", path, kMaxLine);
    Partition partition;
    std::vector<std::size_t> line_of_sample(num_samples, 0);  // 0: not given yet
    std::string line;
    while (lines.next(line)) {
        std::vector<std::int64_t>& samples = partition.emplace_back();
        const std::string place = fmt::format("{}: line {}", where, partition.size());
        std::string_view rest = line;
        for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
            // Of a longer word the message needs no more than the beginning.
            const std::string text = word.size() > kMaxWord ? shown(word, kMaxWord) + "..."
                                                            : shown(word);
            samples.push_back(
                parse_integer(place + ": sample index", text, {0, num_samples - 1}));
            std::size_t& first_line = line_of_sample[samples.back()];
            if (first_line != 0) {
                throw std::invalid_argument(
                    fmt::format("{}: sample {} is given twice, first in line {}, allowed once",
                                place,
                                samples.back(),
                                first_line));
            }
            first_line = partition.size();
        }
        if (samples.empty()) {
            throw std::invalid_argument(fmt::format(
                "{}: node {} has no samples, allowed at least one", place, partition.size() - 1));
        }
    }
    if (partition.size() != num_nodes) {
        throw std::invalid_argument(
            fmt::format("{}: got {} lines for {} nodes, allowed one line "
                        "a node",
                        where,
                        partition.size(),
                        num_nodes));
    }
    return partition;
}

}  // namespace murmur
