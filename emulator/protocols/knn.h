#pragma once

#include "emulator/protocols/dpsgd.h"
#include "emulator/protocols/flood.h"

#include <map>
#include <set>
#include <span>
#include <vector>

namespace murmur {

/// Returns the cosine of the angle between two histograms, 0 ... 1; 0 where one is empty.
[[nodiscard]] double cosine_similarity(std::span<const std::uint32_t> a,
                                       std::span<const std::uint32_t> b);

/// D-PSGD among the peers whose labels are most like, or most unlike, a node's own.  Before the
/// first round, with real messages over the overlay of the options:
///
/// 1. label histograms spread over so many hops; a node keeps the K most (dis)similar owners, by
///    cosine, the smaller id of two that are equal;
/// 2. these choices spread over as many hops, so that whoever was chosen knows;
/// 3. each tells the peers it chose and those that chose it how many there are.
///
/// Where nodes come and go, a node that leaves before it has told how many peers it has learns alone
/// when it is back (`left_alone`), as one that comes late; others find their peers without it.  From
/// then on it is as with D-PSGD.
///
/// D-PSGD then goes over the edges in either direction, with Metropolis-Hastings weights.
/// DecentralizePy's KNN exchanges views with random partners instead, waits for all nodes, and
/// sorts by cosine upward: it keeps the most dissimilar.
class Knn final : public Dpsgd {
  public:
    struct Options {
        std::size_t k = 4;
        bool most_similar = true;
        std::uint64_t hops = 3;
    };

    Knn(NodeContext& node, Options options, const Dpsgd::Options& missing = {});

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    void on_peer_left(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    enum Kind : std::uint32_t { kHistogram, kChoice, kDegree, kNoPeer };

    void find_neighbors() override { take_neighbors(found_); }
    void consider(NodeId owner, std::span<const std::uint32_t> histogram);
    void tell_choice();
    void tell_degree();
    void take_degree(const Incoming& message);
    void drop_peer(NodeId peer);
    void learn_when_complete();
    /// @param was_away  the others may learn already, without this node
    void learn(bool was_away);

    Options options_;
    std::vector<std::uint32_t> histogram_;
    std::set<std::pair<double, NodeId>> nearest_;  ///< (distance, owner), at most K
    std::set<NodeId> peers_;                       ///< chosen by this node, or having chosen it
    Flood histograms_;
    Flood choices_;
    bool knows_peers_ = false;
    std::map<NodeId, std::uint32_t> degrees_;  ///< of peers
    std::set<NodeId> dropped_;                 ///< no peers, whatever else is heard of them
    Neighbors found_;
    bool is_learning_ = false;
};

}  // namespace murmur
