#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/network/network_use.h"
#include "emulator/nodes/device_watcher.h"
#include "emulator/record/message_log.h"
#include "emulator/record/message_row.h"
#include "emulator/record/timeline.h"
#include "emulator/record/timeline_options.h"

#include "ns3/message-transport.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace murmur {

/// What a run can write beside its results: messages.csv and timeline.json.  Follows each message
/// from sending to its end.
class RunTraces {
  public:
    struct Options {
        bool messages = false;
        TimelineOptions timeline{};
        std::uint32_t num_nodes = 0;

        [[nodiscard]] bool is_any() const { return messages || timeline.is_on; }
    };

    /// @param folder  where the files are made
    RunTraces(const std::filesystem::path& folder, const Options& options);
    RunTraces(const RunTraces&) = delete;
    RunTraces& operator=(const RunTraces&) = delete;

    /// Watches a transport from now on; to be called once.
    /// @param use       says what held messages up; or null
    /// @param catch_up  hands on what is known before an instant: waits for the learning
    void watch(ns3::murmuration::MessageTransport& transport,
               NetworkUse* use,
               std::function<void(SimTime)> catch_up);
    /// Returns who is to be told what devices do; null where nobody is.
    [[nodiscard]] DeviceWatcher* device_watcher() { return timeline_ ? &*timeline_ : nullptr; }

    /// Says that the run came as far as `known`.
    void know(SimTime known);
    /// Writes what is left of a run that ends before `end`.
    /// @param latest  the last instant of the run, as far as somebody else knows it
    void finish(SimTime end, SimTime latest);

  private:
    void note_sent(const ns3::murmuration::Message& message, std::uint64_t bytes_wire);
    void note_first_byte(std::uint64_t id, SimTime at);
    void note_end(std::uint64_t id, MessageRow::Outcome outcome);
    void bound_memory();

    std::optional<MessageLog> messages_;
    std::optional<Timeline> timeline_;
    std::function<void(SimTime)> catch_up_;
    std::unordered_map<std::uint64_t, MessageRow> under_way_;
    std::size_t most_waiting_;
};

}  // namespace murmur
