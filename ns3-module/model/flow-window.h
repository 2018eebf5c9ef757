/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_WINDOW_H
#define MURMURATION_FLOW_WINDOW_H

#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The congestion window of a TCP connection as a fluid sees it: round by round.
 *
 * It is CUBIC with HyStart [Ha, 2011] as Linux has them (net/ipv4/tcp_cubic.c), which PacketCubic
 * follows segment by segment. In slow start the window grows by what is acknowledged, to the
 * threshold at most. HyStart ends the first slow start in a round in which, from 16 segments on,
 *
 * - the least of nine round-trip times exceeds the least of all by an eighth of that, 4 ms at least
 *   and 16 ms at most; or
 * - acknowledgements have come without a break of 2 ms for half of the least round-trip time.
 *
 * From then on the window grows by one segment for 20 acknowledged ones, or by Cubic's function of
 * time [RFC 9438] where that is faster; after a loss, which takes 30 % of the window, by Cubic's
 * function, or by Reno's growth where that is faster, as it is at short round-trip times and many
 * losses. A window that is not used does not grow, and one that has been idle for a timeout is
 * halved for each, to the initial one at least.
 *
 * All sizes are bytes on the wire, all times seconds.
 *
 * - [Ha, 2011] S. Ha and I. Rhee. Taming the elephants: new TCP slow start. Computer Networks 55.
 */
class FlowWindow
{
  public:
    /** What one round of a connection was like. */
    struct Round
    {
        double sent;     //!< What was sent in it, and is acknowledged
        double underway; //!< At most under way in it, with what was sent before
        double first;    //!< Round-trip time of its first segment, with queues
        double last;     //!< Round-trip time of its last segment, with queues
        double idleTrip; //!< Round-trip time of the path without queues
        double share;    //!< Rate at which the narrowest link drains what was sent
        double whole{0}; //!< All that was sent, if that is more: some of it was lost
    };

    /** Of one connection; all are above 0. */
    struct Sizes
    {
        double segment{1500};  //!< A full segment
        double initial{15000}; //!< The window at first
        double largest{15000}; //!< What the buffers of the two ends allow
    };

    /** All that tells how large a window will be in the middle of a round. */
    struct Growth
    {
        double window;    //!< At the beginning of the round
        double threshold; //!< Below it the window grows as in slow start
        double largest;   //!< What the buffers of the two ends allow

        /**
         * @brief How large it is in the middle of a round.
         * @param sent what the round has sent so far
         * @return the window, if slow start does not end now
         */
        double GetAfter(double sent) const;
    };

    /**
     * @brief Construct the window of a new connection.
     * @param sizes its sizes
     */
    explicit FlowWindow(const Sizes& sizes);

    /**
     * @brief Whether a delay has nearly ended slow start, or hardly, since this was last asked.
     * @return true if one has
     */
    bool TakeClose();

    /**
     * @brief The connection has been set up.
     * @param trip what that took: the first round-trip time that is measured
     */
    void SetHandshake(double trip);

    /** @return how much may be under way */
    double Get() const;

    /** @return how it grows in a round */
    Growth GetGrowth() const;

    /**
     * @brief Grow by a round.
     * @param round what it was like
     * @param now when it ended
     */
    void Grow(const Round& round, double now);

    /**
     * @brief Shrink, because segments were lost.
     * @param now the time
     */
    void Shrink(double now);

    /**
     * @brief What can be sent while a loss is repaired, though the window would allow more: until
     * then nothing leaves the send buffer, which is twice the largest window.
     * @param filled what part of the buffer is, as whoever has found it full waits for a third
     * @return bytes beside those that were under way when the loss was found
     */
    double GetBuffered(double filled) const;

    /** @return the smoothed round-trip time, in seconds */
    double GetTrip() const;

    /**
     * @brief How long Linux waits for an acknowledgement: a smoothed round-trip time and four of
     * its deviations, of which there are 200 ms at least.
     * @return seconds
     */
    double GetTimeout() const;

    /**
     * @brief A timeout has been needed: the window is one segment, and grows to 70 % of what it
     * was as in slow start.
     * @param now the time
     */
    void TimeOut(double now);

    /**
     * @brief Something is sent after nothing was.
     * @param idle for how long, in seconds
     */
    void Restart(double idle);

    /** @return whether the window grows as in slow start */
    bool IsSlowStart() const;

  private:
    /**
     * @brief How much of a round may be doubled; ends slow start where HyStart finds the path full.
     * @param round what it was like
     * @return bytes
     */
    double Double(const Round& round);

    /**
     * @brief After how much of a round the round-trip times end slow start.
     * @param round what it was like
     * @return bytes; infinite if they do not
     */
    double FindDelay(const Round& round);

    /**
     * @brief After how much of a round a train of acknowledgements ends slow start.
     * @param round what it was like
     * @return bytes; infinite if it does not
     */
    double FindTrain(const Round& round) const;

    /**
     * @brief How much of a round is acknowledged before the window is one that HyStart looks at.
     * @return bytes
     */
    double GetUnseen() const;

    /**
     * @brief What must be acknowledged for one byte more, after slow start.
     * @param now the time
     * @param idleTrip round-trip time of the path without queues
     * @return bytes
     */
    double GetCost(double now, double idleTrip) const;

    /**
     * @brief Linux counts segments: after a loss, windows are so small that this is a part of them.
     * @param bytes a size
     * @return whole segments, in bytes
     */
    double Whole(double bytes) const;

    Sizes m_sizes;              //!< Of the connection
    double m_window;            //!< How much may be under way
    double m_threshold;         //!< Below it the window grows as in slow start; infinite at first
    bool m_isClose{false};      //!< See TakeClose()
    bool m_isFound{false};      //!< HyStart has ended slow start, or a loss has
    double m_trip{0};           //!< Smoothed round-trip time, as of the last acknowledgement
    double m_deviation{0};      //!< Of round-trip times, smoothed
    double m_leastTrip{0};      //!< Least round-trip time of a round; 0 before the first
    double m_start{0};          //!< When slow start ended, or of the last loss
    double m_origin{0};         //!< The window that Cubic aims at: at that time, or before the loss
    double m_plateau{0};        //!< How long after m_start Cubic reaches it
    double m_underwayAtLoss{0}; //!< The window then, before it shrank; see GetBuffered()
    double m_largest{0};        //!< The largest at a loss
    double m_lastMax{0};        //!< The window at the last loss; 0 before the first
    double m_friendly{0};       //!< The window that Reno's growth would have reached since
    double m_acknowledged{0};   //!< What has been acknowledged, as long as that is little
};

inline FlowWindow::Growth
FlowWindow::GetGrowth() const
{
    return {m_window, m_threshold, m_sizes.largest};
}

inline double
FlowWindow::Get() const
{
    return m_window;
}

inline double
FlowWindow::GetBuffered(double filled) const
{
    return 2 * filled * m_largest - m_underwayAtLoss;
}

inline double
FlowWindow::GetTrip() const
{
    return m_trip;
}

inline bool
FlowWindow::IsSlowStart() const
{
    return m_window < m_threshold;
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_WINDOW_H */
