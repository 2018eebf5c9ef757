#pragma once

#include "tests/bench/accuracy_cases.h"
#include "tests/bench/carrier.h"

#include <map>
#include <string>
#include <vector>

namespace murmur::bench {

/// The queues of all networks.
struct Queues {
    const char* name;
    const char* description;
    bool fair;  ///< FqCoDel over the uplinks
};

/// Drop-tail everywhere, and FqCoDel in front of the uplinks.
inline constexpr Queues kQueues[] = {
    {"drop-tail", "drop-tail of 1,000 packets before each link", false},
    {"fq-codel",
     "FqCoDel (5 ms, 100 ms, no ECN) before each uplink, drop-tail of 1,000 packets before each\n  "
     "other link",
     true},
};

/// The network of a case, with the queues before its uplinks.
[[nodiscard]] ns3::Ptr<ns3::murmuration::Underlay> make_underlay(const AccuracyCase& accuracy_case,
                                                                 const Queues& queues);

/// What a case takes packet by packet. Remembers it in a file, if given one: the reference costs
/// minutes and stays the same while the model beside it changes.
class Reference {
  public:
    /// @param network  packet or tcp
    /// @param cache  CSV of `queues,case,message,sent_s,arrived_s`, read now and appended to by
    ///     passages(); none if empty. It knows names of cases only: delete it when the network or a
    ///     case of the same name changes.
    /// @throws std::runtime_error  if the file cannot be read or holds something else
    Reference(std::string network, std::string cache);

    /// Which network it is.
    [[nodiscard]] const std::string& network() const { return network_; }

    /// Whether the passages of a case are remembered.
    [[nodiscard]] bool remembers(const AccuracyCase& accuracy_case, const Queues& queues) const;

    /// Returns the passages of a case: remembered, or simulated now.
    /// @throws std::runtime_error  if the file cannot be written or holds another number of
    ///     messages
    [[nodiscard]] const std::vector<Passage>& passages(const AccuracyCase& accuracy_case,
                                                       const Queues& queues);

  private:
    void read();
    void append(const std::string& key, const std::vector<Passage>& passages) const;

    std::string network_;
    std::string cache_;
    std::map<std::string, std::vector<Passage>> known_;  // by `queues,case`
};

}  // namespace murmur::bench
