"""A peer of the benchmark: the stack that this server replaces (FastAPI, SQLAlchemy, python-jose), in its own manner.

Stateless HS256 tokens, one database session per request through a dependency, one uvicorn worker. Versions are those of
its own requirements; uvloop is added, which makes it faster.
"""

import os
from datetime import datetime, timedelta, timezone
from typing import Annotated, Iterator

import psycopg2
from fastapi import APIRouter, Depends, FastAPI, HTTPException, status
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from passlib.context import CryptContext
from pydantic import BaseModel, ConfigDict, EmailStr, Field
from sqlalchemy import Column, ForeignKey, Table, create_engine, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload, sessionmaker

JWT_SECRET = "a root secret of the benchmark that is long"
ALGORITHM = "HS256"
ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
REFRESH_TOKEN_LIFETIME = timedelta(days=7)

# As in lib/crypto/password-hash.ts, so that a sign-in costs both the same.
passwords = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19_456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)
bearer = OAuth2PasswordBearer(tokenUrl="/api/auth/login")

# By libpq itself: SQLAlchemy does not read a socket directory in the place of the host name.
engine = create_engine(
    "postgresql+psycopg2://",
    creator=lambda: psycopg2.connect(os.environ["DATABASE_URL"]),
    # FastAPI runs synchronous code on 40 threads, and an answer is made on one as well while its session is open. With the
    # pool of 15 by default, 40 requests that wait for a connection and 15 that wait for a thread stop each other for good;
    # 40 + 30 are more than the 64 connections of the generator.
    pool_size=30,
    max_overflow=0,
)
SessionLocal = sessionmaker(bind=engine, autoflush=False)


class Base(DeclarativeBase):
    pass


user_roles = Table(
    "user_roles",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base):
    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True, index=True)
    username: Mapped[str] = mapped_column(unique=True, index=True)
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    roles: Mapped[list[Role]] = relationship(secondary=user_roles)


class RegisterRequest(BaseModel):
    email: EmailStr
    username: str = Field(min_length=3, max_length=32)
    password: str = Field(min_length=8, max_length=128)


class LoginRequest(BaseModel):
    email: str
    password: str


class RefreshRequest(BaseModel):
    refresh_token: str


class RoleResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str


class UserResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    username: str
    is_active: bool
    created_at: datetime
    roles: list[RoleResponse]


class RegisterResponse(BaseModel):
    status: str
    message: str
    user: UserResponse


class TokenResponse(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


Database = Annotated[Session, Depends(get_db)]


def create_token(user: User, kind: str, lifetime: timedelta) -> str:
    now = datetime.now(timezone.utc)
    claims = {"sub": str(user.id), "type": kind, "iat": now, "exp": now + lifetime}
    return jwt.encode(claims, JWT_SECRET, algorithm=ALGORITHM)


def create_tokens(user: User) -> TokenResponse:
    return TokenResponse(
        access_token=create_token(user, "access", ACCESS_TOKEN_LIFETIME),
        refresh_token=create_token(user, "refresh", REFRESH_TOKEN_LIFETIME),
    )


def find_user_by_token(db: Session, token: str, kind: str) -> User:
    refusal = HTTPException(
        status.HTTP_401_UNAUTHORIZED, "Could not validate credentials", {"WWW-Authenticate": "Bearer"}
    )
    try:
        claims = jwt.decode(token, JWT_SECRET, algorithms=[ALGORITHM])
    except JWTError as error:
        raise refusal from error
    if claims.get("type") != kind:
        raise refusal
    statement = select(User).where(User.id == int(claims["sub"]))
    if kind == "access":
        statement = statement.options(selectinload(User.roles))
    user = db.scalar(statement)
    if user is None or not user.is_active:
        raise refusal
    return user


def get_current_user(token: Annotated[str, Depends(bearer)], db: Database) -> User:
    return find_user_by_token(db, token, "access")


router = APIRouter(prefix="/api/auth")


@router.post("/register")
def register(body: RegisterRequest, db: Database) -> RegisterResponse:
    taken = db.scalar(select(User).where(or_(User.email == body.email, User.username == body.username)))
    if taken is not None:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "Email or username already registered")
    user = User(email=body.email, username=body.username, password_hash=passwords.hash(body.password))
    user.roles = list(db.scalars(select(Role).where(Role.name == "user")))
    db.add(user)
    try:
        db.commit()
    except IntegrityError as error:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "Email or username already registered") from error
    db.refresh(user)
    return RegisterResponse(
        status="success", message="User registered successfully", user=UserResponse.model_validate(user)
    )


@router.post("/login")
def login(body: LoginRequest, db: Database) -> TokenResponse:
    user = db.scalar(select(User).where(User.email == body.email))
    if user is None or not passwords.verify(body.password, user.password_hash):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Incorrect email or password")
    return create_tokens(user)


@router.get("/me", response_model=UserResponse)
async def me(user: Annotated[User, Depends(get_current_user)]) -> User:
    return user


@router.post("/refresh")
def refresh(body: RefreshRequest, db: Database) -> TokenResponse:
    return create_tokens(find_user_by_token(db, body.refresh_token, "refresh"))


def prepare_database() -> None:
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        if db.scalar(select(Role).where(Role.name == "user")) is None:
            db.add(Role(name="user"))
            db.commit()


prepare_database()
app = FastAPI(title="Session Management API", debug=False, docs_url=None, redoc_url=None, openapi_url=None)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)
app.include_router(router)
