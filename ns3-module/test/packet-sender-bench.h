/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_SENDER_BENCH_H
#define MURMURATION_PACKET_SENDER_BENCH_H

#include "ns3/packet-tcp-sender.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{
namespace murmuration
{
namespace test
{

/** Nanoseconds. */
inline constexpr int64_t MS = 1'000'000;

/** A receiver with all the room in the world. */
inline constexpr uint32_t ROOM = 100'000'000;

/** @brief A sender on a wire of paper: what it sends is written down, what it gets is made up. */
class SenderBench : public PacketSenderWire
{
  public:
    /**
     * Connect a sender at time 0; the answer to its SYN comes after a round trip of 100 ms.
     * @param given numbers of TCP
     */
    explicit SenderBench(const PacketTcpOptions& given = {})
        : options(given),
          sender(options, *this, false)
    {
        sender.Connect();
        At(100);
        sender.HandleSynAck(0, ROOM);
        sent.clear();
    }

    /**
     * Let time pass; the timer expires when it does.
     * @param ms the time
     */
    void At(double ms)
    {
        const auto time = static_cast<int64_t>(ms * MS);
        while (sender.GetDeadline() <= time)
        {
            now = std::max(now, sender.GetDeadline());
            sender.HandleTimer();
        }
        now = time;
    }

    /**
     * Write so many full segments.
     * @param segments how many
     */
    void Write(uint32_t segments)
    {
        sender.Write(uint64_t{segments} * options.segmentSize);
    }

    /**
     * An acknowledgement comes.
     * @param number the next segment that is expected
     * @param echoMs the time stamp that is echoed
     * @param blocks what has arrived beyond it
     */
    void Ack(uint32_t number, double echoMs, const std::vector<PacketSackBlock>& blocks = {})
    {
        PacketSack sack;
        for (const PacketSackBlock& block : blocks)
        {
            sack.blocks[sack.count++] = block;
        }
        const auto echo = static_cast<int64_t>(echoMs * MS);
        sender.HandleAck({number, ROOM, echo, blocks.empty() ? nullptr : &sack});
    }

    /**
     * An acknowledgement tells that a segment has come twice.
     * @param number the next segment that is expected
     * @param echoMs the time stamp that is echoed
     * @param duplicate the segment
     */
    void AckDuplicate(uint32_t number, double echoMs, uint32_t duplicate)
    {
        PacketSack sack;
        sack.isDuplicate = true;
        sack.blocks[sack.count++] = {duplicate, duplicate + 1};
        sender.HandleAck({number, ROOM, static_cast<int64_t>(echoMs * MS), &sack});
    }

    /** @return what was sent since this was asked before */
    std::vector<uint32_t> TakeSent()
    {
        return std::exchange(sent, {});
    }

    int64_t GetNow() const override
    {
        return now;
    }

    void SendSyn() override
    {
        synTimes.push_back(now / MS);
    }

    void SendHandshakeAck() override
    {
    }

    void SendSegment(const PacketSending& sending) override
    {
        sent.push_back(sending.number);
        if (sending.isPushed)
        {
            pushed.push_back(sending.number);
        }
    }

    void HandleFirstSending(uint32_t /* number */, uint64_t /* end */) override
    {
    }

    void Fail(const std::string& reason) override
    {
        failure = reason;
        failedAt = now;
    }

    PacketTcpOptions options;      //!< Numbers of TCP
    int64_t now{0};                //!< The time
    int64_t failedAt{0};           //!< When the connection failed
    std::string failure;           //!< Why
    std::vector<int64_t> synTimes; //!< When SYNs were sent, in ms
    std::vector<uint32_t> sent;    //!< Numbers of segments sent
    std::vector<uint32_t> pushed;  //!< Of those, the ends of buffers of several
    PacketTcpSender sender;        //!< Comes last: it uses the others
};

/** @return the numbers from `begin` to before `end` */
inline std::vector<uint32_t>
Range(uint32_t begin, uint32_t end)
{
    std::vector<uint32_t> numbers;
    for (uint32_t number = begin; number < end; ++number)
    {
        numbers.push_back(number);
    }
    return numbers;
}

} // namespace test
} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_SENDER_BENCH_H */
