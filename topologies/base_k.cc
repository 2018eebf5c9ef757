#include "topologies/base_k.h"

#include "topologies/overlays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <span>

namespace murmur {
namespace {

struct Edge {
    NodeId first;
    NodeId second;
    double weight;
};
using Round = std::vector<Edge>;
using Rounds = std::vector<Round>;
using Nodes = std::span<const NodeId>;

/// Factors of n, as few as can be, each from 2 to `most`; nothing where n has no such factors.
class Factors {
  public:
    explicit Factors(NodeId most) : most_(most) {}

    const std::optional<std::vector<NodeId>>& of(NodeId n) {
        const auto known = known_.find(n);
        if (known != known_.end()) {
            return known->second;
        }
        std::optional<std::vector<NodeId>> best;
        if (n == 1) {
            best.emplace();
        }
        for (NodeId factor = std::min(most_, n); factor >= 2; --factor) {
            if (n % factor != 0) {
                continue;
            }
            const auto& rest = of(n / factor);
            if (rest && (!best || rest->size() + 1 < best->size())) {
                best = rest;
                best->push_back(factor);
            }
        }
        return known_[n] = std::move(best);
    }

  private:
    NodeId most_;
    std::map<NodeId, std::optional<std::vector<NodeId>>> known_;
};

/// Adds `more` to the rounds from `first` on.
void add_from(Rounds& rounds, std::size_t first, const Rounds& more) {
    rounds.resize(std::max(rounds.size(), first + more.size()));
    for (std::size_t i = 0; i < more.size(); ++i) {
        rounds[first + i].insert(rounds[first + i].end(), more[i].begin(), more[i].end());
    }
}

class Builder {
  public:
    explicit Builder(NodeId peers) : peers_(peers), factors_(peers + 1) {}

    /// The k-peer hyper-hypercube [algorithm 1]: in round l, groups of n_l nodes average, where
    /// n_1 n_2 ... is the number of nodes.
    /// @pre the number of nodes has factors of at most k + 1
    Rounds hyper_hypercube(Nodes nodes) {
        Rounds rounds;
        std::size_t stride = 1;
        for (const NodeId size : *factors_.of(static_cast<NodeId>(nodes.size()))) {
            Round& round = rounds.emplace_back();
            for (std::size_t i = 0; i < nodes.size(); ++i) {
                const std::size_t place = i / stride % size;
                for (std::size_t other = place + 1; other < size; ++other) {
                    round.push_back({nodes[i], nodes[i + (other - place) * stride], 1.0 / size});
                }
            }
            stride *= size;
        }
        return rounds;
    }

    /// The simple Base-(k+1) graph [algorithm 2]: sets V_1, V_2, ... of a_l (k + 1)^p_l nodes, as
    /// the digits of n have them.
    Rounds simple(Nodes nodes) {
        if (factors_.of(static_cast<NodeId>(nodes.size()))) {
            return hyper_hypercube(nodes);
        }
        const std::vector<Set> sets = cut_by_digits(nodes);
        Rounds rounds;
        // Each set gets its own mean; the first has the most rounds to go.
        for (const Set& set : sets) {
            add_from(rounds, 0, hyper_hypercube(set.all));
        }
        // Then set after set: every node behind it meets one of each of its parts, so that each
        // part has the mean of all from this set on, and so do those behind together.
        const std::size_t met = rounds.size();
        for (std::size_t l = 0; l + 1 < sets.size(); ++l) {
            add_from(rounds, met + l, {meeting(sets, l)});
        }
        // A part has the mean of all nodes by then, and spreads it among its own.
        for (std::size_t l = 0; l < sets.size(); ++l) {
            for (const Nodes part : sets[l].parts) {
                add_from(rounds, met + std::min(l + 1, sets.size() - 1), hyper_hypercube(part));
            }
        }
        return rounds;
    }

    /// The Base-(k+1) graph [algorithm 3]: where that is shorter, groups of q nodes average first,
    /// and then those of one place in their groups, n / q of them, where q takes all factors of n
    /// that are at most k + 1.
    Rounds whole(Nodes nodes) {
        Rounds shortest = simple(nodes);
        const auto n = static_cast<NodeId>(nodes.size());
        NodeId q = 1;
        for (NodeId divisor = 2; divisor < n; ++divisor) {
            if (n % divisor == 0 && factors_.of(divisor)) {
                q = divisor;
            }
        }
        if (q == 1) {
            return shortest;
        }
        Rounds rounds;
        for (NodeId group = 0; group < n / q; ++group) {
            add_from(rounds, 0, hyper_hypercube(nodes.subspan(group * q, q)));
        }
        const std::size_t first = rounds.size();
        for (NodeId place = 0; place < q; ++place) {
            std::vector<NodeId> alike;
            for (NodeId i = place; i < n; i += q) {
                alike.push_back(nodes[i]);
            }
            add_from(rounds, first, simple(alike));
        }
        return rounds.size() < shortest.size() ? rounds : shortest;
    }

  private:
    /// V_l and its a_l parts of (k + 1)^p_l nodes.
    struct Set {
        Nodes all;
        std::vector<Nodes> parts;
    };

    [[nodiscard]] std::vector<Set> cut_by_digits(Nodes nodes) const {
        const std::uint64_t base = std::uint64_t{peers_} + 1;
        std::uint64_t power = 1;
        while (power * base <= nodes.size()) {
            power *= base;
        }
        std::vector<Set> sets;
        for (std::size_t begin = 0; power > 0; power /= base) {
            const std::size_t digit = (nodes.size() - begin) / power;
            if (digit == 0) {
                continue;
            }
            Set set{nodes.subspan(begin, digit * power), {}};
            for (std::size_t part = 0; part < digit; ++part) {
                set.parts.push_back(set.all.subspan(part * power, power));
            }
            sets.push_back(std::move(set));
            begin += digit * power;
        }
        return sets;
    }

    static Round meeting(const std::vector<Set>& sets, std::size_t l) {
        std::vector<NodeId> behind;
        for (std::size_t other = l + 1; other < sets.size(); ++other) {
            behind.insert(behind.end(), sets[other].all.begin(), sets[other].all.end());
        }
        const auto together = static_cast<double>(sets[l].all.size() + behind.size());
        Round round;
        for (const Nodes part : sets[l].parts) {
            // There are fewer nodes behind than in a part: digits of a number.
            const double weight = static_cast<double>(part.size()) / together;
            for (std::size_t i = 0; i < behind.size(); ++i) {
                round.push_back({behind[i], part[i], weight});
            }
        }
        return round;
    }

    NodeId peers_;
    Factors factors_;
};

MixingMatrix matrix_of(const Round& round, NodeId num_nodes) {
    std::vector<MixingMatrix::Row> rows(num_nodes, {.self = 1, .neighbors = {}});
    for (const auto& [first, second, weight] : round) {
        rows[first].neighbors.push_back({second, weight});
        rows[second].neighbors.push_back({first, weight});
    }
    for (MixingMatrix::Row& row : rows) {
        std::ranges::sort(row.neighbors, {}, &NeighborWeight::neighbor);
        for (const NeighborWeight& edge : row.neighbors) {
            row.self -= edge.weight;
        }
    }
    return MixingMatrix(std::move(rows));
}

}  // namespace

std::vector<MixingMatrix> base_k_rounds(NodeId num_nodes, NodeId peers) {
    std::vector<NodeId> nodes(num_nodes);
    std::iota(nodes.begin(), nodes.end(), 0);
    std::vector<MixingMatrix> matrices;
    for (const Round& round : Builder(peers).whole(nodes)) {
        matrices.push_back(matrix_of(round, num_nodes));
    }
    return matrices;
}

void register_base_k(OverlayRegistry& registry) {
    registry.add({"base-graph",
                  "Base-(K+1) graph: at most K neighbors a round, the exact mean after its rounds",
                  {positional("peers", "K", "the most neighbors that a node has in a round")}},
                 {.mixing =
                      [](const OverlayRequest& request) {
                          const NodeId peers = count_option(request.options, "peers");
                          if (peers < 1 || peers >= request.num_nodes) {
                              request.options.refuse(fmt::format(
                                  "got {} peers, allowed 1 to {}", peers, request.num_nodes - 1));
                          }
                          const auto rounds = base_k_rounds(request.num_nodes, peers);
                          return rounds[request.round % rounds.size()];
                      },
                  .edges = [](const Options& options,
                              double nodes) { return nodes * count_option(options, "peers") / 2; },
                  .needs_dynamic = true});
}

}  // namespace murmur
