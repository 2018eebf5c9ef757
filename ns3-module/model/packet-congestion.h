/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_CONGESTION_H
#define MURMURATION_PACKET_CONGESTION_H

#include "packet-delivery-rate.h"
#include "tcp-settings.h"

#include <cstdint>
#include <memory>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief States of congestion control, as Linux calls them; their order matters.
 */
enum class PacketPhase : uint8_t
{
    OPEN,     //!< Nothing is dubious
    DISORDER, //!< Something has arrived out of order
    CWR,      //!< The window falls, and nothing is sent again
    RECOVERY, //!< The window falls, and what was lost is sent again
    LOSS,     //!< A timeout has expired
};

/**
 * @ingroup murmuration
 * @brief A congestion window, in segments, and what belongs to it.
 */
struct PacketCongestionWindow
{
    /** A threshold that no window comes to. */
    static constexpr uint32_t NO_THRESHOLD = INT32_MAX;

    uint32_t size{10}; //!< The window
    uint32_t count{0}; //!< Segments acknowledged since it has grown, above slow start
    uint32_t threshold{NO_THRESHOLD}; //!< Where slow start ends

    /** @return whether it grows by all that is acknowledged */
    bool IsSlowStart() const
    {
        return size < threshold;
    }

    /**
     * @brief Grow in slow start.
     * @param acked segments acknowledged
     * @return how many of them are left when the threshold is reached
     */
    uint32_t GrowFast(uint32_t acked);

    /**
     * @brief Grow by one for so many segments.
     * @param every how many
     * @param acked segments acknowledged
     */
    void GrowSlowly(uint32_t every, uint32_t acked);
};

/**
 * @ingroup murmuration
 * @brief Decides how a congestion window grows, and how far it falls after a loss.
 */
class PacketCongestionControl
{
  public:
    /** What an acknowledgement tells. */
    struct Sample
    {
        int64_t now;       //!< When it came, in ns
        int64_t rtt;       //!< Round-trip time of the last segment that it tells of, in ns
        uint32_t una;      //!< The first segment that is not acknowledged
        uint32_t nxt;      //!< The first segment that was not sent
        double pacingRate; //!< Linux's sk_pacing_rate, in bytes per second
    };

    virtual ~PacketCongestionControl() = default;

    /**
     * @brief Make one.
     * @param kind which
     * @return it; aborts if it is not known
     */
    static std::unique_ptr<PacketCongestionControl> Create(TcpSettings::CongestionControl kind);

    /** A connection is open. */
    struct Opening
    {
        int64_t now;          //!< When, in ns
        int64_t rtt;          //!< Round-trip time of the handshake, in ns
        uint32_t segmentSize; //!< Payload of a full segment
        uint64_t salt;        //!< A number of the connection's own, to draw from
    };

    /**
     * @brief A connection has been opened.
     * @param window the window
     * @param opening what is known
     */
    virtual void HandleOpen(PacketCongestionWindow& window, const Opening& opening) = 0;

    /**
     * @brief A round-trip time was measured, before the window grows.
     * @param window the window; its threshold may be set
     * @param sample what was measured
     */
    virtual void HandleSample(PacketCongestionWindow& window, const Sample& sample) = 0;

    /**
     * @brief Segments were acknowledged while the window was used: let it grow.
     * @param window the window
     * @param acked how many
     * @param now the time in ns
     */
    virtual void Grow(PacketCongestionWindow& window, uint32_t acked, int64_t now) = 0;

    /**
     * @brief Something was lost.
     * @param window the window as it is
     * @return what it is to become
     */
    virtual uint32_t GetThreshold(const PacketCongestionWindow& window) = 0;

    /**
     * @brief A timeout has expired: forget what was known.
     * @param now the time in ns
     * @param nxt the first segment that was not sent
     */
    virtual void HandleTimeout(int64_t now, uint32_t nxt) = 0;

    /** Something is sent, and nothing was under way. */
    struct Restart
    {
        int64_t now;      //!< When, in ns
        int64_t lastSent; //!< When something was sent before, in ns
        bool isLimited;   //!< Whether there was not enough to send; known where rates are measured
    };

    /**
     * @brief Nothing was under way, and something is sent again.
     * @param window the window
     * @param restart what is known
     */
    virtual void HandleRestart(PacketCongestionWindow& window, const Restart& restart) = 0;

    /**
     * @brief What was taken for lost was not.
     * @param window the window as it is
     * @param prior the window before it fell
     * @return what it is to become
     */
    virtual uint32_t Undo(const PacketCongestionWindow& window, uint32_t prior);

    /**
     * @brief Whether it sets the window by rates, losses or not, and paces what is sent: then
     * Control() takes the place of Grow() and of proportional rate reduction (cong_control()).
     * @return false, unless overridden
     */
    virtual bool IsRateBased() const;

    /**
     * @brief Set the window by what an acknowledgement tells, if IsRateBased().
     * @param window the window
     * @param phase of the sender
     * @param sample what is known
     * @return whether what is under way is to say nothing of the path
     */
    virtual bool Control(PacketCongestionWindow& window,
                         PacketPhase phase,
                         const PacketRateSample& sample);

    /** @return the rate to pace at, if IsRateBased(), in bytes per second */
    virtual double GetPacingRate() const;
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_CONGESTION_H */
