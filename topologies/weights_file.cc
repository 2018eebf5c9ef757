#include "topologies/weights_file.h"

#include "topologies/graph_lines.h"
#include "topologies/link_quantities.h"
#include "topologies/read_summary.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>

namespace murmur {
namespace {

using Line = GraphLines::Line;

/// A weight of a file, with the line it stands in.
struct Entry {
    double weight;
    std::size_t line;
};

/// One weights file on its way to a matrix.
class WeightsReader {
  public:
    WeightsReader(const std::string& path, const Graph& graph) : lines_(path), graph_(graph) {}

    WeightsFile read() {
        std::vector<Line> lines = lines_.lines();
        lines.erase(
            std::remove_if(
                lines.begin(), lines.end(), [](const Line& line) { return line.ids.empty(); }),
            lines.end());
        const bool is_matrix = looks_like_matrix(lines);
        for (std::size_t row = 0; row < lines.size(); ++row) {
            if (is_matrix) {
                add_row(lines[row], static_cast<NodeId>(row));
            } else {
                add_triple(lines[row]);
            }
        }
        const bool is_mirrored = !is_matrix && mirror();
        std::string description =
            fmt::format("{}: mixing weights, {} of {}{}",
                        shown(lines_.path(), 200),
                        is_matrix ? "matrix" : "list",
                        counted(boost::num_vertices(graph_), "node"),
                        is_mirrored ? "; each edge's one weight is that of both directions" : "");
        return {MixingMatrix(rows()), std::move(description)};
    }

  private:
    /// Returns whether lines are the rows of a matrix: of 3 nodes they could be triples as well.
    [[nodiscard]] bool looks_like_matrix(const std::vector<Line>& lines) const {
        const std::size_t num_nodes = boost::num_vertices(graph_);
        const auto is_row = [&](const Line& line) { return line.ids.size() == num_nodes; };
        const auto is_triple = [](const Line& line) {
            return line.ids.size() == 3 && parse_number<NodeId>(line.ids[0]) &&
                   parse_number<NodeId>(line.ids[1]);
        };
        return lines.size() == num_nodes && std::all_of(lines.begin(), lines.end(), is_row) &&
               !std::all_of(lines.begin(), lines.end(), is_triple);
    }

    void add_row(const Line& line, NodeId row) {
        for (NodeId column = 0; column < line.ids.size(); ++column) {
            const auto weight = plain_number(line.ids[column]);
            if (!weight) {
                lines_.fail(line.number,
                            fmt::format("not a weight, got '{}'", shown(line.ids[column], 30)));
            }
            add(line, row, column, *weight);
        }
    }

    void add_triple(const Line& line) {
        const auto i = line.ids.size() == 3 ? parse_number<NodeId>(line.ids[0]) : std::nullopt;
        const auto j = line.ids.size() == 3 ? parse_number<NodeId>(line.ids[1]) : std::nullopt;
        const auto weight = line.ids.size() == 3 ? plain_number(line.ids[2]) : std::nullopt;
        if (!i || !j || !weight) {
            lines_.fail(line.number,
                        fmt::format("not a weight, got '{}', expected 'i j weight'",
                                    lines_.shown_line(line.number)));
        }
        const std::size_t num_nodes = boost::num_vertices(graph_);
        if (std::max(*i, *j) >= num_nodes) {
            lines_.fail(line.number,
                        fmt::format("node id out of range, got {}, allowed 0 ... {}",
                                    std::max(*i, *j),
                                    num_nodes - 1));
        }
        add(line, *i, *j, *weight);
    }

    void add(const Line& line, NodeId i, NodeId j, double weight) {
        if (i != j && !boost::edge(i, j, graph_).second) {
            if (weight != 0) {
                lines_.fail(
                    line.number,
                    fmt::format("a weight off the graph, got {} {}, which is no edge", i, j));
            }
            return;
        }
        const auto [first, is_new] = entries_.insert({{i, j}, {weight, line.number}});
        if (!is_new) {
            lines_.fail(line.number,
                        fmt::format("repeated weight, got {} {} as in line {}; give each once",
                                    i,
                                    j,
                                    first->second.line));
        }
    }

    /// Takes each weight for both directions where no edge has two; returns whether it did.
    bool mirror() {
        std::map<std::pair<NodeId, NodeId>, Entry> opposites;
        for (const auto& [ends, entry] : entries_) {
            const auto& [i, j] = ends;
            if (i != j && entries_.contains({j, i})) {
                return false;
            }
            if (i != j) {
                opposites.emplace(std::pair{j, i}, entry);
            }
        }
        entries_.merge(opposites);
        return true;
    }

    /// Returns the entry of row i and column j, null where the file has none.
    [[nodiscard]] const Entry* find(NodeId i, NodeId j) const {
        const auto entry = entries_.find({i, j});
        return entry == entries_.end() ? nullptr : &entry->second;
    }

    [[nodiscard]] std::vector<MixingMatrix::Row> rows() const {
        std::vector<MixingMatrix::Row> rows;
        for (NodeId node = 0; node < boost::num_vertices(graph_); ++node) {
            rows.push_back(row_of(node));
        }
        return rows;
    }

    [[nodiscard]] MixingMatrix::Row row_of(NodeId node) const {
        constexpr double kRowTolerance = 1e-6;
        MixingMatrix::Row row{.self = 0.0, .neighbors = {}};
        double sum = 0.0;
        for (const NodeId neighbor : sorted_neighbors(graph_, node)) {
            const Entry* entry = find(node, neighbor);
            if (entry == nullptr) {
                throw std::invalid_argument(
                    fmt::format("{}: no weight {} {}; every edge needs both directions, or all of "
                                "them one",
                                shown(lines_.path(), 200),
                                node,
                                neighbor));
            }
            row.neighbors.push_back({neighbor, entry->weight});
            sum += entry->weight;
        }
        const Entry* diagonal = find(node, node);
        row.self = diagonal == nullptr ? 1.0 - sum : diagonal->weight;
        if (!(std::abs(sum + row.self - 1.0) <= kRowTolerance)) {
            throw std::invalid_argument(
                fmt::format("{}: the weights of node {} do not sum to 1, got {}, allowed within {}",
                            shown(lines_.path(), 200),
                            node,
                            sum + row.self,
                            kRowTolerance));
        }
        return row;
    }

    GraphLines lines_;
    const Graph& graph_;
    std::map<std::pair<NodeId, NodeId>, Entry> entries_;
};

}  // namespace

WeightsFile read_weights_file(const std::string& path, const Graph& graph) {
    return WeightsReader(path, graph).read();
}

}  // namespace murmur
