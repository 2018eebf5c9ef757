#include "emulator/network/underlays/ns3_topology_files.h"

#include "topologies/text_files.h"

#include "ns3/inet-topology-reader.h"
#include "ns3/node-container.h"
#include "ns3/rocketfuel-topology-reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

using NamePair = std::pair<std::string, std::string>;

/// The lines of a file, for checks that ns-3's readers do not make.
class Lines {
  public:
    explicit Lines(const std::string& path) : path_(path), stream_(open_for_reading(path)) {}

    /// Moves to the next line; false at the end.
    bool next() {
        fields_.clear();
        if (!std::getline(stream_, line_)) {
            return false;
        }
        ++number_;
        std::istringstream text(line_);
        for (std::string field; text >> field;) {
            fields_.push_back(field);
        }
        return true;
    }

    [[nodiscard]] const std::string& line() const { return line_; }
    [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
    [[nodiscard]] std::size_t number() const { return number_; }

    [[noreturn]] void fail(std::string_view what) const {
        throw std::invalid_argument(
            fmt::format("{}:{}: {}", path_, std::max<std::size_t>(number_, 1), what));
    }

    /// Moves to the next line, which must exist and have `count` fields.
    void expect(std::size_t count, std::string_view form) {
        if (!next()) {
            fail(fmt::format("the file ends here, allowed a line '{}'", form));
        }
        if (fields_.size() != count) {
            fail(fmt::format("got '{}', allowed '{}'", line_, form));
        }
    }

    [[nodiscard]] double weight(const std::string& text) const {
        const auto value = parse_number<double>(text);
        if (!value || !std::isfinite(*value) || *value < 0) {
            fail(fmt::format("the weight is no number of 0 or more, got '{}'", text));
        }
        return *value;
    }

    /// @throws std::invalid_argument  where a line with content follows
    void expect_end() {
        while (next()) {
            if (!fields_.empty()) {
                fail(fmt::format("got '{}', allowed nothing more", line_));
            }
        }
    }

  private:
    std::string path_;
    std::ifstream stream_;
    std::string line_;
    std::vector<std::string> fields_;
    std::size_t number_ = 0;
};

using Weights = std::map<NamePair, double>;

NamePair unordered(const std::string& first, const std::string& second) {
    return first < second ? NamePair{first, second} : NamePair{second, first};
}

void check_ends(const Lines& lines, const std::string& from, const std::string& to) {
    if (from == to) {
        lines.fail(fmt::format("the link joins '{}' to itself", from));
    }
}

/// Checks an Inet file line by line; returns the weights of its links.
Weights check_inet(const std::string& path) {
    Lines lines(path);
    lines.expect(2, "NODES LINKS");
    const auto num_nodes = parse_number<std::uint32_t>(lines.fields()[0]);
    const auto num_links = parse_number<std::uint32_t>(lines.fields()[1]);
    if (!num_nodes || !num_links || *num_links == 0) {
        lines.fail(fmt::format("got '{}', allowed two counts, NODES LINKS", lines.line()));
    }
    std::set<std::string> nodes;
    for (std::uint32_t i = 0; i < *num_nodes; ++i) {
        lines.expect(3, "id x y");
        if (!nodes.insert(lines.fields()[0]).second) {
            lines.fail(fmt::format("node '{}' is repeated", lines.fields()[0]));
        }
    }
    Weights weights;
    for (std::uint32_t i = 0; i < *num_links; ++i) {
        lines.expect(3, "from to weight");
        const std::vector<std::string>& fields = lines.fields();
        for (const std::string& end : {fields[0], fields[1]}) {
            if (nodes.count(end) == 0) {
                lines.fail(fmt::format("no such node, got '{}'", end));
            }
        }
        check_ends(lines, fields[0], fields[1]);
        weights.emplace(unordered(fields[0], fields[1]), lines.weight(fields[2]));
    }
    lines.expect_end();
    return weights;
}

/// Reads a line from left to right.  std::regex would do, but its instances in a program take the
/// place of those in ns-3's library, which were made by another compiler and then fail.
class Cursor {
  public:
    explicit Cursor(std::string_view rest) : rest_(rest) {}

    /// Passes over a text; false where it does not come next.
    bool eat(std::string_view text) {
        const bool found = rest_.starts_with(text);
        rest_.remove_prefix(found ? text.size() : 0);
        return found;
    }
    /// Passes over all of these characters; returns how many there were.
    std::size_t eat_any(std::string_view characters) {
        const std::size_t count = std::min(rest_.find_first_not_of(characters), rest_.size());
        rest_.remove_prefix(count);
        return count;
    }
    bool eat_some(std::string_view characters) { return eat_any(characters) > 0; }
    [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Passes over "<uid> <uid> ...", one blank apart: where there are two, ns-3's reader leaves the
/// rest out.
bool eat_neighbors(Cursor& cursor) {
    bool is_more = cursor.eat("<");
    while (is_more) {
        if (!cursor.eat_some(kDigits) || !cursor.eat(">")) {
            return false;
        }
        is_more = cursor.eat(" <") || cursor.eat("\t<");
    }
    return true;
}

/// Returns whether ns-3 reads a line as "uid @loc [+] [bb] (N) [&ext] -> neighbors {-euid} =name
/// rN".
bool is_map_line(std::string_view line) {
    Cursor cursor(line);
    cursor.eat_any("-");
    if (!cursor.eat_some(kDigits) || !cursor.eat_some(kBlanks) || !cursor.eat("@") ||
        !cursor.eat_some(std::string(kLetters) + std::string(kDigits) + "?,+-") ||
        !cursor.eat_some(kBlanks)) {
        return false;
    }
    cursor.eat_any("+");
    cursor.eat_any(kBlanks);
    cursor.eat("bb");
    cursor.eat_any(kBlanks);
    if (!cursor.eat("(") || !cursor.eat_some(kDigits) || !cursor.eat(")") ||
        !cursor.eat_some(kBlanks) || (cursor.eat("&") && !cursor.eat_some(kDigits))) {
        return false;
    }
    cursor.eat_any(kBlanks);
    if (!cursor.eat("->")) {
        return false;
    }
    cursor.eat_any(kBlanks);
    if (!eat_neighbors(cursor)) {
        return false;
    }
    cursor.eat_any(kBlanks);
    if (cursor.eat("{-") && !cursor.eat_some(std::string(kDigits) + "{}- \t")) {
        return false;
    }
    const bool is_apart = line.find(" =") != line.npos || line.find("\t=") != line.npos;
    if (!is_apart || !cursor.eat("=") ||
        !cursor.eat_some(std::string(kLetters) + std::string(kDigits) + ".!-") ||
        !cursor.eat_some(kBlanks) || !cursor.eat("r") || cursor.eat_any(kDigits) != 1) {
        return false;
    }
    cursor.eat_any(kBlanks);
    return cursor.is_at_end();
}

/// ns-3's reader matches each line by std::regex, which calls itself for every character: long
/// lines would exhaust the stack.  Those of Rocketfuel's own maps have a few thousand characters.
constexpr std::size_t kLongestLine = 10'000;

/// Checks a Rocketfuel file line by line; returns the weights of its links, none for a map.
/// ns-3's reader stops at the first line that it cannot read, without a word.
Weights check_rocketfuel(const std::string& path) {
    Lines lines(path);
    Weights weights;
    bool is_map = false;
    while (lines.next()) {
        if (lines.line().size() > kLongestLine) {
            lines.fail(fmt::format("the line is too long, got {} characters, allowed {}",
                                   lines.line().size(),
                                   kLongestLine));
        }
        const std::vector<std::string>& fields = lines.fields();
        if (fields.empty()) {
            lines.expect_end();
            break;
        }
        if (lines.number() == 1) {
            is_map = fields.size() != 3;
        }
        if (!is_map && fields.size() == 3) {
            check_ends(lines, fields[0], fields[1]);
            weights.emplace(unordered(fields[0], fields[1]), lines.weight(fields[2]));
        } else if (!is_map || !is_map_line(lines.line())) {
            lines.fail(fmt::format(
                "got '{}', allowed {}",
                lines.line(),
                is_map ? "a line of a map: uid @loc [+] [bb] (N) [&ext] -> <uid> <uid> ... =name rN"
                       : "from to weight"));
        }
    }
    return weights;
}

/// Lets ns-3 read a checked file.  Its nodes, made by the reader, are of no use here.
RouterGraph read(ns3::Ptr<ns3::TopologyReader> reader,
                 const std::string& path,
                 const Weights& weights,
                 const Ns3TopologyLinks& links) {
    reader->SetFileName(path);
    try {
        (void)reader->Read();
    } catch (const std::out_of_range&) {
        throw std::invalid_argument(fmt::format(
            "{}: ns-3 cannot read a number in it, allowed counts below 2^31 and weights that a "
            "double holds in full",
            path));
    }
    RouterGraph graph;
    std::map<std::string, RouterId> routers;
    const auto router = [&](const std::string& name) {
        const auto [known, is_new] = routers.try_emplace(name);
        if (is_new) {
            known->second = graph.add_router(name);
            graph.access.push_back(known->second);
        }
        return known->second;
    };
    std::set<NamePair> joined;
    for (auto link = reader->LinksBegin(); link != reader->LinksEnd(); ++link) {
        const NamePair ends = unordered(link->GetFromNodeName(), link->GetToNodeName());
        const RouterId first = router(link->GetFromNodeName());
        const RouterId second = router(link->GetToNodeName());
        if (!joined.insert(ends).second) {
            continue;
        }
        if (links.latency_s) {
            graph.join(first, second, links.rate_bps, *links.latency_s);
        } else if (const auto weight = weights.find(ends); weight != weights.end()) {
            graph.join(first, second, links.rate_bps, weight->second * *links.weight_latency_s);
        } else {
            throw std::invalid_argument(
                fmt::format("{}: no weight between '{}' and '{}'; give latency= instead of weight=",
                            path,
                            ends.first,
                            ends.second));
        }
    }
    // A map has no weights; where there are some, each link must have been read.
    if (joined.empty() || (!weights.empty() && joined.size() != weights.size())) {
        throw std::invalid_argument(
            fmt::format("{}: ns-3 has read {} of {} links; lines must end in a line feed alone and "
                        "weights be made of digits and points",
                        path,
                        joined.size(),
                        weights.size()));
    }
    return graph;
}

}  // namespace

RouterGraph read_inet(const std::string& path, const Ns3TopologyLinks& links) {
    const Weights weights = check_inet(path);
    return read(ns3::CreateObject<ns3::InetTopologyReader>(), path, weights, links);
}

RouterGraph read_rocketfuel(const std::string& path, const Ns3TopologyLinks& links) {
    const Weights weights = check_rocketfuel(path);
    return read(ns3::CreateObject<ns3::RocketfuelTopologyReader>(), path, weights, links);
}

}  // namespace murmur
