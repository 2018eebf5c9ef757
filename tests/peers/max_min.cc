// Carries the messages of a job file as fluid flows with max-min fair rates, solved anew for all
// flows whenever one ends: the plain way, and what a flow-level network costs without further
// thought.  Knows no connections and no windows; latency is added at the end.
//
// Arguments: job to read, result to write (see tests/bench/job.h).

#include "tests/bench/cpu_clock.h"
#include "tests/bench/job.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

namespace {

using namespace murmur::bench;

/// Flows over two links each: the uplink of node i is link 2 i, its downlink is link 2 i + 1.
class MaxMin {
  public:
    explicit MaxMin(const Job& job)
        : job_(job), flows_on_(2 * job.nodes.size()), links_(flows_on_.size()) {
        for (const JobMessage& message : job.messages) {
            remaining_.push_back(8.0 * static_cast<double>(message.size_bytes));
            flows_.push_back({2UL * message.from, 2UL * message.to + 1});
        }
        rate_bps_.resize(flows_.size());
    }

    /// Returns when the last byte of each flow has arrived.
    std::vector<double> run() {
        std::vector<double> arrived_s(flows_.size());
        std::vector<std::size_t> active(flows_.size());
        for (std::size_t flow = 0; flow < active.size(); ++flow) {
            active[flow] = flow;
        }
        for (double now_s = 0; !active.empty();) {
            solve(active);
            const double step_s = time_to_next_end(active);
            now_s += step_s;
            for (const std::size_t flow : active) {
                remaining_[flow] -= step_s * rate_bps_[flow];
                arrived_s[flow] = now_s + latency_s(flow);
            }
            // A ten-thousandth of a bit is rounding.
            std::erase_if(active, [this](std::size_t flow) { return remaining_[flow] < 1e-4; });
        }
        return arrived_s;
    }

  private:
    struct Link {
        double free_bps;
        std::size_t num_unfixed;

        [[nodiscard]] double share_bps() const {
            return free_bps / static_cast<double>(num_unfixed);
        }
    };

    [[nodiscard]] double latency_s(std::size_t flow) const {
        const JobMessage& message = job_.messages[flow];
        return 1e-9 * static_cast<double>(job_.nodes[message.from].latency_ns +
                                          job_.nodes[message.to].latency_ns);
    }

    [[nodiscard]] double time_to_next_end(const std::vector<std::size_t>& active) const {
        double least_s = std::numeric_limits<double>::infinity();
        for (const std::size_t flow : active) {
            least_s = std::min(least_s, remaining_[flow] / rate_bps_[flow]);
        }
        return least_s;
    }

    /// Progressive filling: the link with the least share fixes the rates of its flows, again and
    /// again.
    void solve(const std::vector<std::size_t>& active) {
        using Share = std::pair<double, std::size_t>;
        std::priority_queue<Share, std::vector<Share>, std::greater<>> shares;
        reset_links(active);
        for (std::size_t link = 0; link < links_.size(); ++link) {
            if (links_[link].num_unfixed != 0) {
                shares.emplace(links_[link].share_bps(), link);
            }
        }
        while (!shares.empty()) {
            const auto [share_bps, link] = shares.top();
            shares.pop();
            if (links_[link].num_unfixed == 0) {
                continue;
            }
            // Shares only grow while others are fixed: the entry may be an old one.
            if (links_[link].share_bps() > share_bps) {
                shares.emplace(links_[link].share_bps(), link);
                continue;
            }
            fix_flows(link, share_bps);
        }
    }

    void reset_links(const std::vector<std::size_t>& active) {
        for (std::size_t link = 0; link < links_.size(); ++link) {
            links_[link] = {static_cast<double>(job_.nodes[link / 2].rate_bps), 0};
            flows_on_[link].clear();
        }
        for (const std::size_t flow : active) {
            rate_bps_[flow] = 0;
            for (const std::size_t link : {flows_[flow].first, flows_[flow].second}) {
                ++links_[link].num_unfixed;
                flows_on_[link].push_back(flow);
            }
        }
    }

    /// Gives the flows of a link that have no rate yet their share of it.
    void fix_flows(std::size_t link, double share_bps) {
        for (const std::size_t flow : flows_on_[link]) {
            if (rate_bps_[flow] != 0) {
                continue;
            }
            rate_bps_[flow] = share_bps;
            for (const std::size_t used : {flows_[flow].first, flows_[flow].second}) {
                links_[used].free_bps -= share_bps;
                --links_[used].num_unfixed;
            }
        }
    }

    const Job& job_;
    std::vector<std::pair<std::size_t, std::size_t>> flows_;  // links, by flow
    std::vector<double> remaining_;                           // bits, by flow
    std::vector<double> rate_bps_;                            // by flow; 0 until fixed
    std::vector<std::vector<std::size_t>> flows_on_;          // by link
    std::vector<Link> links_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s JOB RESULT\n", argv[0]);
        return 2;
    }
    try {
        const Job job = read_job(argv[1]);
        const double start_s = cpu_seconds();
        const std::vector<double> arrived_s = MaxMin(job).run();
        write_result({cpu_seconds() - start_s, arrived_s}, argv[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
