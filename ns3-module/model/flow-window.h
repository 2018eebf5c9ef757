/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_FLOW_WINDOW_H
#define MURMURATION_FLOW_WINDOW_H

#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @brief The congestion window of a TCP connection as a fluid sees it: round by round.
 *
 * It follows TcpCubic as ns-3 has it. In slow start the window grows by what
 * is acknowledged. Slow start ends as HyStart [Ha, 2011] finds that the path is full: when the
 * round-trip time at the start of a round is more than twice the least one, or when
 * acknowledgements come without a break for a whole round. ns-3 shows HyStart the smoothed
 * round-trip time [RFC 6298], which the handshake begins and each acknowledgement moves by an
 * eighth: what the queues add in one round counts in the next, and a handshake that has waited
 * makes slow start last longer. From then on the window grows by one segment for 20 acknowledged
 * ones, or by Cubic's function of time [RFC 9438] where that is faster; after a loss, which takes
 * 30 % of the window, by Cubic's function, or by Reno's growth where that is faster, as it is at
 * short round-trip times and many losses ("TCP friendliness", which Linux has and ns-3 3.37 has
 * not).
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
        double wait;     //!< From its first segment to the first acknowledgement
        double first;    //!< Round-trip time of its first segment, with queues
        double last;     //!< Round-trip time of its last segment, with queues
        double idleTrip; //!< Round-trip time of the path without queues
        double share;    //!< Rate at which the narrowest link drains what was sent
    };

    /** Of one connection; all are above 0. */
    struct Sizes
    {
        double segment{1500};  //!< A full segment
        double initial{15000}; //!< The window at first
        double largest{15000}; //!< What the buffers of the two ends allow
    };

    /**
     * @brief Construct the window of a new connection.
     * @param sizes its sizes
     */
    explicit FlowWindow(const Sizes& sizes);

    /**
     * @brief The connection has been set up.
     * @param trip what that took: the first round-trip time that is measured
     */
    void SetHandshake(double trip);

    /** @return how much may be under way */
    double Get() const;

    /**
     * @brief How large it is in the middle of a round.
     * @param sent what the round has sent so far
     * @return the window, if slow start does not end now
     */
    double GetAfter(double sent) const;

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
     * @brief How long the sender waits for an acknowledgement before it takes all for lost: three
     * times the smoothed round-trip time, as at the first sample, a second at least [RFC 6298].
     * @return seconds
     */
    double GetTimeout() const;

    /**
     * @brief How long Linux waits for an acknowledgement: a smoothed round-trip time and four of
     * its deviations, of which there are 200 ms at least.
     * @return seconds
     */
    double GetRetransmissionTimeout() const;

    /**
     * @brief How often the sender of a new connection gives up waiting for its first
     * acknowledgement: its timeout doubles each time.
     * @param trip when the acknowledgement comes, after the first segment
     * @return how often; 0 for a connection that is not new
     */
    uint32_t CountTimeouts(double trip) const;

    /**
     * @brief Shrink, because the sender has given up waiting.
     * @param timeouts how often, above 0
     * @param now the time
     */
    void TimeOut(uint32_t timeouts, double now);

    /** @return whether the window is still in slow start */
    bool IsSlowStart() const;

  private:
    /**
     * @brief The smoothed round-trip time in the middle of a round.
     * @param round what it was like
     * @param samples how many acknowledgements of it have come
     * @return seconds
     */
    double Smooth(const Round& round, double samples) const;

    /**
     * @brief How much of a round slow start doubles; ends slow start if the path is full.
     * @param round what it was like
     * @return bytes
     */
    double Double(const Round& round);

    /**
     * @brief What must be acknowledged for one byte more, after slow start.
     * @param now the time
     * @param idleTrip round-trip time of the path without queues
     * @return bytes
     */
    double GetCost(double now, double idleTrip) const;

    Sizes m_sizes;            //!< Of the connection
    double m_window;          //!< How much may be under way
    bool m_isSlowStart{true}; //!< Whether the path has not been full yet
    double m_trip{0};         //!< Smoothed round-trip time, as of the last acknowledgement
    double m_leastTrip{0};    //!< Least of it; 0 before the first round
    double m_start{0};        //!< When slow start ended, or of the last loss
    double m_origin{0};       //!< The window that Cubic aims at: at that time, or before the loss
    double m_plateau{0};      //!< How long after m_start Cubic reaches it
    double m_lastMax{0};      //!< The window at the last loss; 0 before the first
    double m_friendly{0};     //!< The window that Reno's growth would have reached since
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_WINDOW_H */
