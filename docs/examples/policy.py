"""A policy of one line: push the cart to the side to which the pole falls."""


def act(observation):
    _, _, angle, angular_velocity = observation
    return int(angle + angular_velocity > 0)
