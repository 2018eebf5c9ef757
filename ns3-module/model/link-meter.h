/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_LINK_METER_H
#define MURMURATION_LINK_METER_H

#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What the links of an underlay have carried, in all and over time.
 *
 * A link is busy while it transmits. Packets are told one by one as their transmission begins; of
 * fluid the meter is told the rate, whenever that changes. Both may be mixed.
 *
 * Time is cut into bins of equal width. When the bins are full, two by two become one: memory does
 * not grow with the length of a run, and the width is always the smallest that fits.
 *
 * All times are simulated seconds; now is Simulator::Now().
 */
class LinkMeter
{
  public:
    /**
     * @brief Construct a meter that has seen nothing.
     * @param nLinks how many links there are
     * @param nBins how many bins to cut time into, an even number above 0
     */
    LinkMeter(uint32_t nLinks, uint32_t nBins);

    /**
     * @brief A transmission begins now.
     * @param link the link
     * @param bytes its size
     * @param seconds how long it keeps the link busy
     */
    void AddTransmission(uint32_t link, uint64_t bytes, double seconds);

    /**
     * @brief A transmission has begun at some time, for those who tell of it later.
     * @param link the link
     * @param bytes its size
     * @param seconds how long it keeps the link busy
     * @param begin when it began, not after now
     */
    void AddTransmission(uint32_t link, uint64_t bytes, double seconds, double begin);

    /**
     * @brief From now on, until the next call for that link, fluid flows at this rate.
     * @param link the link
     * @param bytesPerSecond the rate
     * @param share the part of the link's capacity that this is
     */
    void SetFlow(uint32_t link, double bytesPerSecond, double share);

    /**
     * @brief The same, for those who tell of many links at once.
     * @param link the link
     * @param bytesPerSecond the rate
     * @param share the part of the link's capacity that this is
     * @param now the time
     */
    void SetFlow(uint32_t link, double bytesPerSecond, double share, double now);

    /**
     * @brief A packet is lost: by chance, or by the queue before the link.
     * @param link the link
     */
    void AddLoss(uint32_t link);

    /**
     * @brief Packets that were lost.
     * @param link the link
     * @return the total until now
     */
    uint64_t GetLosses(uint32_t link) const;

    /**
     * @brief Bytes whose transmission has begun.
     * @param link the link
     * @return the total until now
     */
    double GetBytes(uint32_t link) const;

    /**
     * @brief How long a link has been busy; a packet counts whole as soon as it begins.
     * @param link the link
     * @return seconds until now
     */
    double GetBusySeconds(uint32_t link) const;

    /** @return the width of a bin in seconds */
    double GetBinWidth() const;

    /**
     * @brief How long a link was busy in each bin, from time 0 on.
     * @param link the link
     * @return seconds of each bin that has begun; the last one may not be over
     */
    std::vector<double> GetBusyByBin(uint32_t link) const;

  private:
    /** Totals of a link. */
    struct Total
    {
        double bytes{0};  //!< Up to `since`, and of packets
        double busy{0};   //!< Up to `since`, and of packets
        double rate{0};   //!< Of fluid, since then
        double share{0};  //!< Of the capacity that fluid takes
        double since{0};  //!< When `rate` was set
        uint64_t lost{0}; //!< Packets
    };

    /**
     * @brief Put busy time where it belongs.
     * @param link the link
     * @param begin when it begins
     * @param end when it ends
     * @param share how much of that time the link is busy
     */
    void Spread(uint32_t link, double begin, double end, double share);

    /** Make two bins one, everywhere, until a time has a bin.
     * @param time the time
     */
    void Widen(double time);

    uint32_t m_nBins;            //!< Bins per link
    double m_width;              //!< Of a bin
    std::vector<Total> m_totals; //!< By link
    std::vector<float> m_bins;   //!< Busy seconds by link, then bin
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_LINK_METER_H */
