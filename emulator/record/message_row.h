#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/network/network_record.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace murmur {

/// One message of a run: a row of messages.csv.
struct MessageRow {
    enum class Outcome : std::uint8_t { kUnderWay, kArrived, kGivenUp, kTakenBack };

    std::uint64_t id = 0;  ///< how many were sent before
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint64_t round = 0;  ///< that it belongs to, from 0
    std::uint64_t bytes_content = 0;
    std::uint64_t bytes_wire = 0;
    SimTime sent{0};
    /// When its first byte is at the receiver; unless nobody knows.
    std::optional<SimTime> first_byte{};
    Outcome outcome = Outcome::kUnderWay;
    SimTime ended{0};                            ///< unless it is under way
    std::optional<MeasuredTransfer> transfer{};  ///< of one that arrived, where links are measured
};

/// Returns `under-way`, `arrived`, `given-up` or `taken-back`.
[[nodiscard]] constexpr std::string_view outcome_name(MessageRow::Outcome outcome) {
    switch (outcome) {
        case MessageRow::Outcome::kArrived:
            return "arrived";
        case MessageRow::Outcome::kGivenUp:
            return "given-up";
        case MessageRow::Outcome::kTakenBack:
            return "taken-back";
        case MessageRow::Outcome::kUnderWay:
            break;
    }
    return "under-way";
}

/// Returns a message as a run has it that ends before `end`: what came later has not happened.
[[nodiscard]] inline MessageRow seen_before(SimTime end, MessageRow row) {
    if (row.outcome != MessageRow::Outcome::kUnderWay && row.ended >= end) {
        row.outcome = MessageRow::Outcome::kUnderWay;
        row.ended = SimTime(0);
        row.transfer.reset();
    }
    if (row.first_byte && *row.first_byte >= end) {
        row.first_byte.reset();
    }
    return row;
}

}  // namespace murmur
