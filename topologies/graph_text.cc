#include "topologies/graph_text.h"

#include "topologies/node_ids.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_set>

namespace murmur {
namespace {

using Line = GraphLines::Line;

/// Pairs of node ids in a fixed order, to look for their opposites.
class Arcs {
  public:
    void add(NodeId from, NodeId to) { keys_.push_back(std::uint64_t{from} << 32 | to); }
    void sort() { std::sort(keys_.begin(), keys_.end()); }

    /// @pre sorted, as below
    [[nodiscard]] bool has_repeated() const {
        return std::adjacent_find(keys_.begin(), keys_.end()) != keys_.end();
    }
    /// Returns how many have an opposite.
    [[nodiscard]] std::size_t paired() const {
        return static_cast<std::size_t>(
            std::count_if(keys_.begin(), keys_.end(), [&](std::uint64_t key) {
                return std::binary_search(keys_.begin(), keys_.end(), key << 32 | key >> 32);
            }));
    }
    [[nodiscard]] std::size_t size() const { return keys_.size(); }

  private:
    std::vector<std::uint64_t> keys_;
};

bool is_empty(const Line& line) {
    return line.ids.empty();
}

/// The lines of a file, the number of nodes that begins it apart.
struct Body {
    std::optional<NodeId> num_nodes;
    std::size_t header_line = 1;
    std::vector<Line> all;   ///< without empty ones at the end
    std::vector<Line> full;  ///< those that are not empty
};

Body body_of(const GraphLines& lines) {
    Body body;
    body.all = lines.lines();
    const auto first = std::find_if_not(body.all.begin(), body.all.end(), is_empty);
    if (first == body.all.end()) {
        lines.fail(1, "the file is empty, allowed an edge list, an adjacency list or GraphML");
    }
    body.all.erase(body.all.begin(), first);
    while (is_empty(body.all.back())) {
        body.all.pop_back();
    }
    const Line head = body.all.front();
    const auto num_nodes = parse_number<NodeId>(head.ids.front());
    if (head.ids.size() == 1) {
        if (!num_nodes || *num_nodes < 2) {
            lines.fail(
                head.number,
                fmt::format("not a number of nodes, got '{}', allowed a whole number of 2 or "
                            "more",
                            lines.shown_line(head.number)));
        }
        body.num_nodes = num_nodes;
        body.header_line = head.number;
        body.all.erase(body.all.begin());
    }
    std::copy_if(
        body.all.begin(), body.all.end(), std::back_inserter(body.full), [](const auto& l) {
            return !is_empty(l);
        });
    return body;
}

/// Returns how many ids all lines have; none where they differ.
std::optional<std::size_t> common_count(const std::vector<Line>& lines) {
    for (const Line& line : lines) {
        if (line.ids.size() != lines.front().ids.size()) {
            return std::nullopt;
        }
    }
    return lines.empty() ? std::nullopt : std::optional(lines.front().ids.size());
}

bool is_edge_like(const std::vector<Line>& lines) {
    const auto count = common_count(lines);
    return count && *count >= 2;
}

/// Returns the lines that are the neighbors of nodes 0, 1, ...: a node without any has an empty
/// one.
const std::vector<Line>& rows_of(const Body& body) {
    return body.full.size() == *body.num_nodes ? body.full : body.all;
}

/// Returns whether lines are the neighbors of nodes 0, 1, ...: all of them lie both ways, or there
/// is no edge list that looks so.
bool is_numbered_adjacency(const Body& body) {
    const std::vector<Line>& rows = rows_of(body);
    if (rows.size() != *body.num_nodes) {
        return false;
    }
    Arcs arcs;
    bool has_loop = false;
    for (NodeId node = 0; node < rows.size(); ++node) {
        for (const std::string_view id : rows[node].ids) {
            const auto neighbor = parse_number<NodeId>(id);
            if (!neighbor || *neighbor >= *body.num_nodes) {
                return false;
            }
            has_loop = has_loop || *neighbor == node;
            arcs.add(node, *neighbor);
        }
    }
    arcs.sort();
    const bool is_mutual = !has_loop && !arcs.has_repeated() && arcs.paired() == arcs.size();
    return is_mutual || !is_edge_like(body.full);
}

/// Returns whether each line is a node and its neighbors: no node has two lines, and where all
/// lines are equally long, so that they could be edges with their data, every node has one.
bool is_named_adjacency(const std::vector<Line>& lines) {
    std::unordered_set<std::string_view> nodes;
    for (const Line& line : lines) {
        if (!nodes.insert(line.ids.front()).second) {
            return false;
        }
    }
    if (!is_edge_like(lines)) {
        return true;
    }
    if (lines.front().ids.size() == 2) {
        return false;
    }
    return std::all_of(lines.begin(), lines.end(), [&](const Line& line) {
        const std::set<std::string_view> different(line.ids.begin(), line.ids.end());
        return different.size() == line.ids.size() &&
               std::all_of(line.ids.begin(), line.ids.end(), [&](std::string_view id) {
                   return nodes.contains(id);
               });
    });
}

/// Returns whether a line is the names of columns, as in "source,target".
bool is_heading(const Line& line) {
    static const std::set<std::string> kWords = {
        "source", "target", "from",     "to",       "src",        "dst",     "node1",
        "node2",  "node_1", "node_2",   "u",        "v",          "node_a",  "node_b",
        "start",  "end",    "sourceid", "targetid", "fromnodeid", "tonodeid"};
    const auto is_word = [](std::string_view id) {
        std::string word(id);
        word.erase(std::remove(word.begin(), word.end(), '"'), word.end());
        std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        return kWords.contains(word);
    };
    return line.ids.size() >= 2 && is_word(line.ids[0]) && is_word(line.ids[1]);
}

/// Refuses files of other programs by the words that they begin with.
void refuse_other_forms(const GraphLines& lines, const Line& first) {
    constexpr std::array<std::string_view, 9> kWords = {
        "graph", "digraph", "strict", "*vertices", "*network", "creator", "dl", "[", "{"};
    const std::string word = [&] {
        std::string text(first.ids.front());
        std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        return text;
    }();
    if (std::find(kWords.begin(), kWords.end(), word) != kWords.end() || word.starts_with('{')) {
        lines.fail(first.number,
                   fmt::format("neither an edge list nor an adjacency list nor GraphML, got '{}'",
                               lines.shown_line(first.number)));
    }
}

/// A file on its way to a graph.
class TextLister {
  public:
    explicit TextLister(const GraphLines& lines) : lines_(lines), body_(body_of(lines)) {
        listed_.summary.path = lines.path();
        if (lines.has_data()) {
            note("what stands in braces is not used");
        }
    }

    ListedGraph edges() {
        listed_.summary.form = "edge list";
        if (!body_.num_nodes && is_heading(body_.full.front())) {
            body_.full.erase(body_.full.begin());
        } else if (!body_.num_nodes) {
            refuse_other_forms(lines_, body_.full.front());
        }
        const bool are_numbers =
            body_.num_nodes ||
            (!body_.full.empty() && parse_number<NodeId>(body_.full.front().ids[0]));
        const auto is_id = [&](std::string_view id) {
            return parse_number<NodeId>(id).has_value() == are_numbers;
        };
        const std::optional<std::size_t> count = common_count(body_.full);
        const bool has_columns = count && *count > 2;
        for (const Line& line : body_.full) {
            if ((line.ids.size() != 2 && !has_columns) || !is_id(line.ids[0]) ||
                !is_id(line.ids[1])) {
                lines_.fail(line.number,
                            fmt::format("not an edge, got '{}', expected two node ids 'u v'",
                                        lines_.shown_line(line.number)));
            }
            add(line.ids[0], line.ids[1], line.number);
        }
        if (has_columns) {
            note(*count == 3 ? "its third column is not used"
                             : "columns behind its second are not used");
        }
        return take();
    }

    ListedGraph adjacency() {
        listed_.summary.form = "adjacency list";
        listed_.is_directed = true;
        if (body_.num_nodes) {
            return numbered_adjacency();
        }
        std::unordered_set<std::string_view> nodes;
        for (const Line& line : body_.full) {
            if (!nodes.insert(line.ids.front()).second) {
                lines_.fail(line.number,
                            fmt::format("node '{}' has two lines, allowed one: the node, then its "
                                        "neighbors",
                                        shown(line.ids.front(), 30)));
            }
            (void)ids_.place_of(line.ids.front());
            for (const std::string_view neighbor : line.ids.subspan(1)) {
                add(line.ids.front(), neighbor, line.number);
            }
        }
        // networkx lists an edge at one of its ends where it writes a graph without directions.
        listed_.is_directed = has_opposites();
        return take();
    }

  private:
    void note(std::string text) { listed_.summary.notes.push_back(std::move(text)); }

    void add(std::string_view from, std::string_view to, std::size_t line) {
        const NodeId first = place_of(from);
        listed_.entries.push_back({first, place_of(to), line});
    }

    NodeId place_of(std::string_view id) {
        const auto number = id.starts_with('0') ? parse_number<NodeId>(id) : std::nullopt;
        return ids_.place_of(number ? std::to_string(*number) : id);
    }

    ListedGraph numbered_adjacency() {
        const std::vector<Line>& rows = rows_of(body_);
        if (rows.size() > *body_.num_nodes) {
            lines_.fail(rows[*body_.num_nodes].number,
                        fmt::format("more lines than the {} nodes announced", *body_.num_nodes));
        }
        for (NodeId node = 0; node < rows.size(); ++node) {
            for (const std::string_view neighbor : rows[node].ids) {
                if (!parse_number<NodeId>(neighbor)) {
                    lines_.fail(rows[node].number,
                                fmt::format("not a node id, got '{}'", shown(neighbor, 30)));
                }
                add(std::to_string(node), neighbor, rows[node].number);
            }
        }
        return take();
    }

    [[nodiscard]] bool has_opposites() const {
        Arcs arcs;
        for (const ListedGraph::Entry& entry : listed_.entries) {
            if (entry.from != entry.to) {
                arcs.add(entry.from, entry.to);
            }
        }
        arcs.sort();
        return arcs.paired() > 0;
    }

    /// Turns the places of ids into numbers.
    ListedGraph take() {
        listed_.num_nodes = body_.num_nodes.value_or(static_cast<NodeId>(ids_.size()));
        if (listed_.num_nodes < 2) {
            lines_.fail(1, fmt::format("too few nodes, got {}, allowed 2 or more", ids_.size()));
        }
        if (ids_.size() == 0) {
            return std::move(listed_);
        }
        const NodeNumbering numbering = ids_.number(listed_.num_nodes);
        if (!numbering.note.empty()) {
            note(numbering.note);
        }
        if (numbering.kind == NodeNumbering::Kind::kByAppearance) {
            refuse_out_of_range();
        }
        if (numbering.kind != NodeNumbering::Kind::kSpelled) {
            listed_.names.resize(listed_.num_nodes);
            for (NodeId place = 0; place < ids_.size(); ++place) {
                listed_.names[numbering.numbers[place]] = ids_.id(place);
            }
        }
        for (ListedGraph::Entry& entry : listed_.entries) {
            entry.from = numbering.numbers[entry.from];
            entry.to = numbering.numbers[entry.to];
        }
        return std::move(listed_);
    }

    /// @throws std::invalid_argument  where the file has said how many nodes there are, and an
    ///                                entry's end is none of them
    void refuse_out_of_range() const {
        for (const ListedGraph::Entry& entry : listed_.entries) {
            for (const NodeId place : {entry.from, entry.to}) {
                const auto number = parse_number<NodeId>(ids_.id(place));
                if (body_.num_nodes && (!number || *number >= *body_.num_nodes)) {
                    lines_.fail(entry.position,
                                fmt::format("node id out of range, got {}, allowed 0 ... {}",
                                            shown(ids_.id(place), 30),
                                            *body_.num_nodes - 1));
                }
            }
        }
    }

    const GraphLines& lines_;
    Body body_;
    NodeIds ids_;
    ListedGraph listed_;
};

}  // namespace

GraphForm recognize_text(const GraphLines& lines) {
    if (lines.path().ends_with(".adj") || lines.path().ends_with(".adjlist")) {
        return GraphForm::kAdjacencyList;
    }
    const Body body = body_of(lines);
    const bool is_adjacency = body.num_nodes
                                  ? is_numbered_adjacency(body)
                                  : !is_heading(body.full.front()) && is_named_adjacency(body.full);
    return is_adjacency ? GraphForm::kAdjacencyList : GraphForm::kEdgeList;
}

ListedGraph list_text(const GraphLines& lines, GraphForm form) {
    TextLister lister(lines);
    return form == GraphForm::kAdjacencyList ? lister.adjacency() : lister.edges();
}

}  // namespace murmur
