/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-congestion.h"

#include "packet-bbr.h"
#include "packet-cubic.h"

#include "ns3/abort.h"
#include "ns3/log.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketCongestion");

namespace
{

/** @brief NewReno's window [RFC 5681], with appropriate byte counting as Linux has it. */
class PacketNewReno : public PacketCongestionControl
{
  public:
    void HandleOpen(PacketCongestionWindow& /* window */, const Opening& /* opening */) override
    {
    }

    void HandleSample(PacketCongestionWindow& /* window */, const Sample& /* sample */) override
    {
    }

    void Grow(PacketCongestionWindow& window, uint32_t acked, int64_t /* now */) override
    {
        const uint32_t left = window.IsSlowStart() ? window.GrowFast(acked) : acked;
        if (left > 0)
        {
            window.GrowSlowly(window.size, left);
        }
    }

    uint32_t GetThreshold(const PacketCongestionWindow& window) override
    {
        return std::max(window.size / 2, 2U);
    }

    void HandleTimeout(int64_t /* now */, uint32_t /* nxt */) override
    {
    }

    void HandleRestart(PacketCongestionWindow& /* window */, const Restart& /* restart */) override
    {
    }
};

} // namespace

uint32_t
PacketCongestionWindow::GrowFast(uint32_t acked)
{
    const uint32_t grown = std::min(size + acked, threshold);
    const uint32_t left = acked - (grown - size);
    size = grown;
    return left;
}

void
PacketCongestionWindow::GrowSlowly(uint32_t every, uint32_t acked)
{
    // What was saved up while fewer segments were needed counts for one.
    if (count >= every)
    {
        count = 0;
        ++size;
    }
    count += acked;
    if (count >= every)
    {
        size += count / every;
        count %= every;
    }
}

std::unique_ptr<PacketCongestionControl>
PacketCongestionControl::Create(TcpSettings::CongestionControl kind)
{
    NS_LOG_FUNCTION(static_cast<int>(kind));
    switch (kind)
    {
    case TcpSettings::CongestionControl::CUBIC:
        return std::make_unique<PacketCubic>();
    case TcpSettings::CongestionControl::NEW_RENO:
        return std::make_unique<PacketNewReno>();
    case TcpSettings::CongestionControl::BBR:
        return std::make_unique<PacketBbr>();
    }
    NS_ABORT_MSG("PacketCongestionControl: unknown, allowed cubic, newreno, bbr");
}

uint32_t
PacketCongestionControl::Undo(const PacketCongestionWindow& window, uint32_t prior)
{
    return std::max(window.size, prior);
}

bool
PacketCongestionControl::IsRateBased() const
{
    return false;
}

bool
PacketCongestionControl::Control(PacketCongestionWindow& /* window */,
                                 PacketPhase /* phase */,
                                 const PacketRateSample& /* sample */)
{
    return false;
}

double
PacketCongestionControl::GetPacingRate() const
{
    return 0;
}

} // namespace murmuration
} // namespace ns3
