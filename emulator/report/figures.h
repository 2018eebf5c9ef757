#pragma once

#include "emulator/report/run_folder.h"

#include <string>
#include <vector>

namespace murmur::report {

/// A chart with its words; all texts are plain, not HTML.
struct Figure {
    std::string title;
    std::string svg;      ///< empty if the run has no data for it
    std::string caption;  ///< how to read the chart, or why there is none
};

enum class Against { kTime, kBytes, kRounds, kTokens, kJoules };

/// Returns what a quantity is called in a title: "simulated time".
[[nodiscard]] std::string words_of(Against against);

/// Returns whether the run has counted the tokens that nodes learnt from.
[[nodiscard]] bool has_tokens(const RunFolder& run);
/// Test accuracy, or what stands in its place, mean and range over nodes, against simulated time,
/// bytes sent, rounds, tokens learnt from or joules.
[[nodiscard]] Figure accuracy_figure(const RunFolder& run, Against against);
/// Test and training loss against the same; logarithmic over large ranges.
[[nodiscard]] Figure loss_figure(const RunFolder& run, Against against);
/// The same of tests on data of the nodes' own, against simulated time.
/// @pre has_own_tests(run)
[[nodiscard]] Figure own_accuracy_figure(const RunFolder& run);
[[nodiscard]] Figure own_loss_figure(const RunFolder& run);
/// Returns whether nodes have tested themselves on data of their own.
[[nodiscard]] bool has_own_tests(const RunFolder& run);
/// Returns whether joules were counted.
[[nodiscard]] bool has_joules(const RunFolder& run);
/// Accuracy of each node at its last evaluation: sorted dots, or a histogram for many nodes.
[[nodiscard]] Figure accuracy_spread_figure(const RunFolder& run);
/// Distance of the nodes' models from their mean against rounds, logarithmic.
[[nodiscard]] Figure consensus_figure(const RunFolder& run);
/// Seconds that each node computed, communicated and waited; means of groups for many nodes.
[[nodiscard]] Figure time_use_figure(const RunFolder& run);
/// Share of each access link's capacity that was used.
[[nodiscard]] Figure link_use_figure(const RunFolder& run);
/// The overlay: on a circle, laid out by forces, or as a degree histogram where it is too large.
[[nodiscard]] Figure overlay_figure(const RunFolder& run);

/// A node that took much longer than the median of the nodes, to compute or to send what it sent
/// over its own uplink: others wait for such a one.
struct Straggler {
    std::uint32_t node;
    bool is_device;  ///< else its uplink
    double times;    ///< the median
};

/// Returns these, the furthest behind first.
[[nodiscard]] std::vector<Straggler> stragglers(const RunFolder& run);

/// When the mean test accuracy first reached a level, and what had been sent by then; and when the
/// last node did.
struct Milestone {
    double accuracy;
    double round;
    double simulated_s;
    double bytes_sent;
    double last_node_s;  ///< the round in which the worst node had reached it was over; NaN: never
};

/// Returns the accuracy of who only guesses: of the untrained models where the run has tested them,
/// or one in as many as there are classes, whatever is more; 0 where nothing is known.
[[nodiscard]] double chance_of(const RunFolder& run);

/// Returns a milestone for each tenth of accuracy above `chance` that the run reached.
[[nodiscard]] std::vector<Milestone> milestones(const CsvTable& rounds, double chance = 0);

}  // namespace murmur::report
